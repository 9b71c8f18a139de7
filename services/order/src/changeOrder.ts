import type { Cause, Work } from '@brew/service';
import { type Command, decide } from './domain/decide.ts';
import { evolve } from './domain/evolve.ts';
import { publish } from './publish.ts';
import type { StoredOrder } from './store/orderRow.ts';
import { lockOrder, saveOrder } from './store/orders.ts';

/**
 * Everything that ever happens to an order after it was placed goes through here: lock, decide, evolve, save, publish,
 * all in the transaction of `work`. A command that changes nothing writes nothing.
 *
 * @param cause what led to the command. Left out when that is outside of the system (the clock, the payment provider):
 *   then it follows from the order's last change, and the trace goes on.
 * @returns the order as it is now, or undefined when there is no such order
 */
export async function changeOrder(
  work: Work,
  orderId: string,
  command: Command,
  cause?: Cause,
): Promise<StoredOrder | undefined> {
  const stored = await lockOrder(work.tx, orderId);
  if (stored === undefined) {
    work.log.warn({ orderId, command: command.type }, 'no such order');
    return undefined;
  }
  const facts = decide(stored.order, command);
  if (facts.length === 0) return stored;

  const order = facts.reduce(evolve, stored.order);
  let last = cause ?? stored.cause;
  for (const fact of facts) last = await publish(work, order, fact, last);
  await saveOrder(work.tx, order, last);
  return { order, cause: last, version: stored.version + 1 };
}
