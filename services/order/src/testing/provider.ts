import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A call that the payment provider got. */
interface ProviderCall {
  method: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
  /** Of a GET: what its query says. */
  body: { orderId?: string; paymentId?: string; amount: { amount: number; currency: string } };
}

/** A payment as the provider lists it. */
interface ListedPayment {
  paymentId: string;
  orderId: string;
  amount: { amount: number; currency: string };
  status: 'pending' | 'succeeded' | 'failed' | 'cancelled';
  reason?: string;
}

/** The payment provider's side of HTTP: notes every call, and answers as the test likes. */
export interface TestProvider extends AsyncDisposable {
  url: string;
  /** The calls about an order or a payment, in their order. */
  callsAbout(id: string): ProviderCall[];
  /** The next so many calls are answered with this status. */
  fail(calls: number, status: number): void;
  /** All calls about this order or payment are, until it is undefined again. */
  answer(id: string, status: number | undefined): void;
  /** What it knows of a payment from now on, whatever it was asked; an order's payment stays pending until then. No webhook is sent. */
  settle(payment: ListedPayment): void;
}

/** Starts one. The payment of an order has the id `pay-ORDER`, its refund `re-PAYMENT`. What is pending can be called off. */
export async function startProvider(): Promise<TestProvider> {
  const calls: ProviderCall[] = [];
  let failing = { calls: 0, status: 500 };
  const answers = new Map<string | undefined, number>();
  const payments = new Map<string, ListedPayment>();
  const paymentsOf = (orderId?: string) => ({
    payments: [...payments.values()].filter((payment) => payment.orderId === orderId),
  });

  function take(path: string, { orderId = '', paymentId = '', amount }: ProviderCall['body']) {
    const own = `pay-${orderId}`;
    const known = payments.get(own);
    switch (path) {
      case '/payments':
        if (!known) payments.set(own, { paymentId: own, orderId, amount, status: 'pending' });
        return { status: 202, body: { paymentId: own, status: 'pending' } };
      case '/payments/cancel':
        if (known?.status === 'pending') known.status = 'cancelled';
        return { status: 200, body: paymentsOf(orderId) };
      default:
        return { status: 200, body: { refundId: `re-${paymentId}` } };
    }
  }

  const server = createServer(async (request, response) => {
    const { method = '', headers } = request;
    const { pathname: path, searchParams } = new URL(request.url ?? '', 'http://provider');
    const sent = await text(request);
    const body = sent ? JSON.parse(sent) : Object.fromEntries(searchParams);
    calls.push({ method, path, headers, body });
    response.setHeader('content-type', 'application/json');
    const status = answers.get(body.orderId ?? body.paymentId);
    if (status !== undefined) {
      response.writeHead(status).end('{"title":"no"}');
    } else if (failing.calls > 0) {
      failing.calls -= 1;
      response.writeHead(failing.status).end('{}');
    } else {
      const answer = method === 'GET' ? { status: 200, body: paymentsOf(body.orderId) } : take(path, body);
      response.writeHead(answer.status).end(JSON.stringify(answer.body));
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    callsAbout: (id) => calls.filter(({ body }) => body.orderId === id || body.paymentId === id),
    fail(times, status) {
      failing = { calls: times, status };
    },
    answer(id, status) {
      if (status === undefined) answers.delete(id);
      else answers.set(id, status);
    },
    settle: (payment) => void payments.set(payment.paymentId, payment),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
