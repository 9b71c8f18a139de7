import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A call that the payment provider got. */
interface ProviderCall {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  body: { orderId?: string; paymentId?: string; amount: { amount: number; currency: string } };
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
}

/** Starts one. The payment of an order has the id `pay-ORDER`, its refund `re-PAYMENT`. */
export async function startProvider(): Promise<TestProvider> {
  const calls: ProviderCall[] = [];
  let failing = { calls: 0, status: 500 };
  const answers = new Map<string | undefined, number>();

  const server = createServer(async (request, response) => {
    const body = JSON.parse(await text(request)) as ProviderCall['body'];
    calls.push({ path: request.url ?? '', headers: request.headers, body });
    response.setHeader('content-type', 'application/json');
    const status = answers.get(body.orderId ?? body.paymentId);
    if (status !== undefined) {
      response.writeHead(status).end('{"title":"no"}');
    } else if (failing.calls > 0) {
      failing.calls -= 1;
      response.writeHead(failing.status).end('{}');
    } else if (request.url === '/payments') {
      response.writeHead(202).end(JSON.stringify({ paymentId: `pay-${body.orderId}`, status: 'pending' }));
    } else {
      response.writeHead(200).end(JSON.stringify({ refundId: `re-${body.paymentId}` }));
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
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
