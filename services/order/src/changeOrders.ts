import type { Tx } from '@brew/postgres';
import type { Cause, Work } from '@brew/service';
import { type Command, decide } from './domain/decide.ts';
import { evolve } from './domain/evolve.ts';
import type { OrderState } from './domain/order.ts';
import { type Agenda, publish } from './publish.ts';
import type { StoredOrder } from './store/orderRow.ts';
import { lockOrders, saveOrders } from './store/orders.ts';
import { addPaymentJobs, settlePaymentJobs } from './store/paymentJobs.ts';

/** What somebody wants of an order. */
export interface Change {
  orderId: string;
  command: Command;
  work: Work;
  /**
   * What led to the command. Left out when that is outside of the system (the clock, the payment provider): then it
   * follows from the order's last change, and the trace goes on.
   */
  cause?: Cause | undefined;
}

/** Says for each change what the order is after it, or undefined when there is no such order. */
export type ChangeOrders = (
  tx: Tx,
  changes: readonly Change[],
) => Promise<(StoredOrder<OrderState> | undefined)[]>;

/**
 * Everything that ever happens to orders after they were placed goes through here: lock, decide, evolve, publish, save,
 * all in one transaction and in the order of the changes. A command that changes nothing writes nothing.
 *
 * @param onJobs called after the commit when there are calls to the payment provider to be made
 * @param recheckSeconds how long after a payment became known the provider is asked whether there are others
 */
export function createChangeOrders(onJobs: () => void, recheckSeconds: number): ChangeOrders {
  return async function changeOrders(tx, changes) {
    const orders = await lockOrders(
      tx,
      changes.map(({ orderId }) => orderId),
    );
    const changed = new Map<string, StoredOrder<OrderState>>();
    const agenda: Agenda = { jobs: [], settled: [] };

    const outcomes = changes.map(({ orderId, command, work, cause }) => {
      const stored = changed.get(orderId) ?? orders.get(orderId);
      if (stored === undefined) {
        if (command.type === 'receivePayment') {
          const { paymentId, amount } = command;
          work.log.error({ orderId, paymentId, amount }, 'a payment of no order');
        } else {
          work.log.warn({ orderId, command: command.type }, 'no such order');
        }
        return undefined;
      }
      const facts = decide(stored.order, command);
      if (facts.length === 0) return stored;

      let last = cause ?? stored.cause;
      for (const fact of facts) last = publish(work, stored.order, fact, last, agenda);
      const next = { order: facts.reduce(evolve, stored.order), cause: last, version: stored.version + 1 };
      changed.set(orderId, next);
      return next;
    });

    await Promise.all([
      saveOrders(tx, [...changed.values()]),
      addPaymentJobs(tx, agenda.jobs),
      // After the jobs were added: the same transaction may have asked for the payment that it then receives.
      settlePaymentJobs(tx, agenda.settled, recheckSeconds),
    ]);
    if (agenda.jobs.length > 0) changes[0]?.work.onCommit(onJobs);
    return outcomes;
  };
}
