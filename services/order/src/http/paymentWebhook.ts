import { type Money, rules } from '@brew/events';
import { idOf, problem, route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import type { ChangeOrders } from '../changeOrders.ts';
import type { OrderConfig } from '../config.ts';
import type { Command } from '../domain/decide.ts';
import { failureReason } from '../payments/failureReason.ts';
import { isAskedFor } from '../payments/isAskedFor.ts';
import { paidMoney } from '../payments/provider.ts';
import { signatureProblem } from '../payments/signature.ts';
import { findAskedPayments } from '../store/paymentJobs.ts';
import { orderIdOf, orderNotFound } from './orderNotFound.ts';

const webhook = z
  .object({
    id: z.string(),
    type: z.string(),
    createdAt: z.iso.datetime(),
    data: z.object({
      paymentId: idOf(rules.foreignId),
      orderId: orderIdOf,
      amount: paidMoney,
      reason: z.string().optional(),
    }),
  })
  // Keeps `route` from refusing unknown fields: the provider may add some, and that is no reason to lose a payment.
  .readonly();

type Webhook = z.infer<typeof webhook>;

/** What the provider has told of a payment, and its money. */
interface Told {
  orderId: string;
  command: PaymentCommand;
  amount: Money;
}

type PaymentCommand = Command & { type: 'receivePayment' | 'failPayment' };

/**
 * The payment provider tells what became of a payment. It comes late, twice and out of order; all of that is harmless,
 * because the order's state decides what it still changes. Whatever is understood is answered with 200, also what
 * changes nothing: anything else would only make the provider send it again. That is what it should do
 * with money of an order that is not here: the order may come back, with a database that is restored.
 */
export const paymentWebhook = (
  { together, now, config }: ServiceContext<OrderConfig>,
  changeOrders: ChangeOrders,
) => {
  const change = together<Told, void>(async (requests, tx) => {
    const failures = requests.filter(({ item }) => item.command.type === 'failPayment');
    const asked = await findAskedPayments(
      tx,
      failures.map(({ item }) => item.orderId),
    );
    // A failure of any other payment is not this order's: the one that was asked for may yet succeed.
    const counting = requests.filter(({ item: { orderId, command, amount } }) => {
      if (command.type !== 'failPayment') return true;
      const job = asked.get(orderId);
      return job !== undefined && isAskedFor(job, { paymentId: command.paymentId, amount });
    });
    // Without a cause of its own: the payment follows from the order that asked for it, and so does its trace.
    const orders = await changeOrders(
      tx,
      counting.map(({ item: { orderId, command }, work }) => ({ orderId, command, work })),
    );
    const orderless = new Set(counting.filter((_, index) => orders[index] === undefined));
    return requests.map((request) =>
      orderless.has(request) ? orderNotFound(request.item.orderId) : undefined,
    );
  });

  return route({
    method: 'post',
    path: '/payments/webhook',
    summary: 'For the payment provider: what became of a payment (signed)',
    headers: z.object({ 'brew-signature': z.string().optional() }),
    body: webhook,
    responses: { 200: { description: 'Taken note of', schema: z.object({ received: z.literal(true) }) } },
    async handle({ headers, body, rawBody, log }) {
      const wrong = signatureProblem(headers['brew-signature'], rawBody, config.WEBHOOK_SECRET, now());
      if (wrong !== undefined) throw problem(401, 'SIGNATURE_INVALID', wrong);

      const command = toCommand(body, now().getTime());
      log.debug({ webhookId: body.id, webhookType: body.type, orderId: body.data.orderId }, 'webhook');
      const { orderId, amount } = body.data;
      if (command) await change({}, { orderId, command, amount });
      return { status: 200, body: { received: true as const } };
    },
  });
};

function toCommand({ type, data }: Webhook, at: number): PaymentCommand | undefined {
  const { paymentId, amount, reason } = data;
  switch (type) {
    case 'payment.succeeded':
      return { type: 'receivePayment', paymentId, amount, at };
    case 'payment.failed':
      return { type: 'failPayment', paymentId, reason: failureReason(reason), at };
    default:
      return undefined; // payment.processing, and what the provider may add: nothing that changes an order
  }
}
