import type { Addresses } from '../addresses.ts';
import { agreed } from '../agreed.ts';
import type { Io } from '../io.ts';
import { requestAsStaff } from '../request.ts';
import { counted, duration, money, titledTable } from '../text/format.ts';

export interface OverdueOptions {
  /** The order that is to be cancelled; left out, they are listed. */
  cancel?: string;
  yes?: boolean;
  json?: boolean;
}

/** Of an order as order-service shows it to staff. */
interface OverdueOrder {
  orderId: string;
  cafeId: string;
  status: string;
  total: { amount: number; currency: string };
  cancellation?: { outcome: string };
  paidForSeconds: number;
}

interface OverdueOrders {
  afterSeconds: number;
  count: number;
  orders: OverdueOrder[];
}

const PATIENCE_MS = 15_000;

/**
 * Lists the orders that were paid long ago and have not ended, or has one of them cancelled.
 * @returns whether it was done: a person may say no
 * @throws RequestFailedError when order-service refuses, or does not answer
 */
export async function overdue(
  { cancel, yes, json }: OverdueOptions,
  { services }: Pick<Addresses, 'services'>,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  async function ask<Answer>(method: string, path: string): Promise<Answer> {
    const patience = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
    const response = await requestAsStaff(`${services.order}${path}`, { method, signal: patience });
    return (await response.json()) as Answer;
  }

  if (cancel === undefined) {
    const found = await ask<OverdueOrders>('GET', '/overdue-orders');
    const lines = json ? [JSON.stringify(found, null, 2)] : render(found, io);
    for (const line of lines) await io.out(line);
    return true;
  }
  const question = `Have order ${cancel} cancelled, and its money given back?`;
  const advice = 'Add --yes to cancel the order.';
  if (!(await agreed({ yes, question, advice, nothing: 'Nothing was cancelled.' }, io))) return false;
  const order = await ask<OverdueOrder>('POST', `/overdue-orders/${encodeURIComponent(cancel)}/cancel`);
  await io.out(
    json
      ? JSON.stringify(order, null, 2)
      : `✔ The kitchen is asked to drop it. Once it has, ${money(order.total)} go back: npx brew watch --order ${order.orderId} --from beginning`,
  );
  return true;
}

function render({ afterSeconds, count, orders }: OverdueOrders, { paint, columns }: Io): string[] {
  const bound = duration(afterSeconds * 1_000);
  if (count === 0) return [`No order was paid longer than ${bound} ago and has not ended.`];
  return [
    `${counted(count, 'order was', 'orders were')} paid longer than ${bound} ago and ${count === 1 ? 'has' : 'have'} not ended:`,
    ...titledTable(
      ['ORDER', 'PAID FOR', 'STATUS', 'CAFE', 'TOTAL', 'CANCELLATION'],
      orders.map(({ orderId, paidForSeconds, status, cafeId, total, cancellation }) => [
        orderId,
        duration(paidForSeconds * 1_000),
        status,
        cafeId,
        money(total),
        cancellation?.outcome ?? '-',
      ]),
      { paint, numeric: [1, 4], columns: columns() },
    ),
    ...(count > orders.length ? [`… and ${counted(count - orders.length, 'more', 'more')}.`] : []),
  ];
}
