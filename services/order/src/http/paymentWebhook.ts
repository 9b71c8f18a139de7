import { rules } from '@brew/events';
import { idOf, problem, route, type ServiceContext } from '@brew/service';
import { z } from 'zod';
import type { ChangeOrders } from '../changeOrders.ts';
import type { OrderConfig } from '../config.ts';
import type { Command } from '../domain/decide.ts';
import { failureReason } from '../payments/failureReason.ts';
import { paidMoney } from '../payments/provider.ts';
import { signatureProblem } from '../payments/signature.ts';

const webhook = z
  .object({
    id: z.string(),
    type: z.string(),
    createdAt: z.iso.datetime(),
    data: z.object({
      paymentId: idOf(rules.foreignId),
      orderId: z.uuid(),
      amount: paidMoney,
      reason: z.string().optional(),
    }),
  })
  // Keeps `route` from refusing unknown fields: the provider may add some, and that is no reason to lose a payment.
  .readonly();

type Webhook = z.infer<typeof webhook>;

/**
 * The payment provider tells what became of a payment. It comes late, twice and out of order; all of that is harmless,
 * because the order's state decides what it still changes. Whatever is understood is answered with 200, also what
 * changes nothing: anything else would only make the provider send it again.
 */
export const paymentWebhook = (
  { together, now, config }: ServiceContext<OrderConfig>,
  changeOrders: ChangeOrders,
) => {
  const change = together<{ orderId: string; command: Command }, void>(async (requests, tx) => {
    // Without a cause of its own: the payment follows from the order that asked for it, and so does its trace.
    await changeOrders(
      tx,
      requests.map(({ item, work }) => ({ ...item, work })),
    );
    return requests.map(() => undefined);
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
      if (command) await change({}, { orderId: body.data.orderId, command });
      return { status: 200, body: { received: true as const } };
    },
  });
};

function toCommand({ type, data }: Webhook, at: number): Command | undefined {
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
