import type { Addresses } from '../addresses.ts';
import { agreed } from '../agreed.ts';
import { ArgumentInvalidError, RequestFailedError } from '../errors.ts';
import type { Io } from '../io.ts';
import { request, requestAsStaff } from '../request.ts';
import { counted, duration, money, titledTable } from '../text/format.ts';

export interface OverdueOptions {
  /** The orders that the kitchen is to drop, or `all`. With neither this nor `refund`, they are listed. */
  cancel?: string[];
  /** The orders that are to be ended whatever has become of them, or `all`. */
  refund?: string[];
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
  next?: string | null;
}

/** What came of an order, as `--json` has it. */
interface Outcome {
  orderId: string;
  order?: OverdueOrder;
  /** Why nothing was done. */
  problem?: string;
}

type Action = 'cancel' | 'refund';

const PATIENCE_MS = 15_000;
/** As many as order-service lists at once. */
const PAGE = 1_000;

const ways: Record<
  Action,
  { ask: (which: string) => string; done: (total: string) => string; advice: string }
> = {
  cancel: {
    ask: (which) => `Have the kitchen drop ${which}, so that the money goes back?`,
    done: (total) => `the kitchen is asked to drop it. Once it has, ${total} go back`,
    advice:
      'What the kitchen drops leaves the list within seconds: npx brew overdue. What stays there, and nobody will bring any more: npx brew overdue --refund ORDER',
  },
  refund: {
    ask: (which) => `End ${which} that nobody will bring any more, and give the money back?`,
    done: (total) => `cancelled, and ${total} go back`,
    advice: 'Follow one with: npx brew watch --order ORDER --from beginning',
  },
};

/**
 * Lists the orders that were paid long ago and have not ended, or ends some of them: by way of the kitchen, or without asking anybody.
 * @returns whether all of it was done: a person may say no, and order-service, too
 * @throws RequestFailedError when order-service does not answer
 */
export async function overdue(
  { cancel, refund, yes, json }: OverdueOptions,
  { services }: Pick<Addresses, 'services'>,
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const patience = () => AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)]);
  async function ask<Answer>(method: string, path: string): Promise<Answer> {
    const response = await requestAsStaff(`${services.order}${path}`, { method, signal: patience() });
    return (await response.json()) as Answer;
  }

  async function all(): Promise<OverdueOrders> {
    const orders: OverdueOrder[] = [];
    for (let after = ''; ; ) {
      const page = await ask<OverdueOrders>('GET', `/overdue-orders?limit=${PAGE}${after}`);
      orders.push(...page.orders);
      if (!page.next) return { ...page, orders };
      after = `&after=${page.next}`;
    }
  }

  let courierAnswers = true;
  /** Order-service may not have heard of it. Where courier can't be asked, whoever refunds has to know. */
  async function isBrought(orderId: string): Promise<boolean> {
    if (!courierAnswers) return false;
    const url = `${services.courier}/shipments/${encodeURIComponent(orderId)}`;
    try {
      const response = await request(url, { signal: patience() });
      return ((await response.json()) as { state: string }).state === 'delivered';
    } catch (error) {
      signal.throwIfAborted();
      courierAnswers = error instanceof RequestFailedError && error.status === 404;
      if (!courierAnswers) io.note('courier can not be asked whether it has delivered some of them.');
      return false;
    }
  }

  async function end(action: Action, orderId: string): Promise<Outcome> {
    if (action === 'refund' && (await isBrought(orderId))) {
      const where = 'That event waits for it: npx brew dlq, npx brew groups order';
      return { orderId, problem: `It was delivered, which order-service has not heard of. ${where}` };
    }
    try {
      const path = `/overdue-orders/${encodeURIComponent(orderId)}/${action}`;
      return { orderId, order: await ask<OverdueOrder>('POST', path) };
    } catch (error) {
      // Without a status it did not answer, and would not answer for the others.
      if (!(error instanceof RequestFailedError) || !error.status || error.status === 401) throw error;
      return { orderId, problem: error.message };
    }
  }

  if (cancel && refund)
    throw new ArgumentInvalidError(
      'An order is cancelled or refunded.',
      'Take one of --cancel and --refund.',
    );
  const named = cancel ?? refund;
  if (named === undefined) {
    const found = json ? await all() : await ask<OverdueOrders>('GET', '/overdue-orders');
    const lines = json ? [JSON.stringify(found, null, 2)] : render(found, io);
    for (const line of lines) await io.out(line);
    return true;
  }

  const action: Action = cancel ? 'cancel' : 'refund';
  const chosen = named.includes('all') ? (await all()).orders.map(({ orderId }) => orderId) : named;
  const orderIds = [...new Set(chosen)];
  const [only] = orderIds;
  if (only === undefined) {
    await io.out(json ? '[]' : 'No order is overdue.');
    return true;
  }
  const which = orderIds.length === 1 ? `order ${only}` : `${orderIds.length} orders`;
  const question = ways[action].ask(which);
  const asking = { yes, question, advice: `Add --yes to ${action} ${which}.`, nothing: 'Nothing was done.' };
  if (!(await agreed(asking, io))) return false;

  const outcomes: Outcome[] = [];
  try {
    for (const orderId of orderIds) {
      const outcome = await end(action, orderId);
      outcomes.push(outcome);
      if (!json) await io.out(renderOutcome(action, outcome, io));
    }
  } finally {
    if (json) await io.out(JSON.stringify(outcomes, null, 2));
  }
  if (!json) await io.out(ways[action].advice);
  return outcomes.every(({ problem }) => problem === undefined);
}

function renderOutcome(action: Action, { orderId, order, problem }: Outcome, { paint }: Io): string {
  return order
    ? `${paint('green', '✔')} ${orderId}: ${ways[action].done(money(order.total))}.`
    : `${paint('red', '✖')} ${orderId}: ${problem}`;
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
    ...(count > orders.length
      ? [`… and ${counted(count - orders.length, 'more', 'more')}, which --json shows, too.`]
      : []),
    '',
    'First look for what holds them up (npx brew status, npx brew dlq): then they go on by themselves. Otherwise, each by its id or all:',
    '  npx brew overdue --cancel ORDER   the kitchen drops what it has not begun, and the money goes back',
    '  npx brew overdue --refund ORDER   for what nobody will bring any more: it ends, whatever its status is, and the money goes back',
  ];
}
