import { KitchenStarted, OrderReady } from '@brew/events';
import type { Tx } from '@brew/postgres';
import type { Work } from '@brew/service';
import { allocate } from '../domain/allocate.ts';
import { millisecondsAt } from '../domain/preparation.ts';
import * as line from '../store/line.ts';

export interface Rules {
  /** How many times faster than life; 0 stands for no preparation time. */
  speed: number;
  /** Slots of each cafe. */
  baristas: number;
}

export interface Steps {
  /** Whether a preparation is done; most often it is known that none is. */
  finishes: boolean;
  /** Whether free baristas may start the next. */
  starts: boolean;
}

/** How many orders a barista makes within one transaction when preparation takes no time. */
const TURNS = 10;

/**
 * One turn along the counters, within a transaction: what is done goes out, and free baristas start the next.
 * @param only this order alone
 * @returns whether there was anything that another instance didn't hold
 */
export async function tick(
  work: Work,
  rules: Rules,
  { finishes, starts }: Steps,
  only?: string,
): Promise<boolean> {
  const finished = finishes ? await finish(work, only) : 0;
  const started = starts ? await start(work, rules, only) : 0;
  return finished + started > 0;
}

/** The orders that `tick` would take. */
export async function dueOrders(tx: Tx, { speed, baristas }: Rules): Promise<string[]> {
  const finished = await line.dueTickets(tx);
  const counters = await line.takeCounters(tx, baristas, speed > 0 ? 1 : TURNS);
  return [...finished, ...counters.flatMap(({ waiting }) => waiting.map(({ orderId }) => orderId))];
}

async function finish({ tx, emit, now }: Work, only?: string): Promise<number> {
  const readyAt = now();
  const finished = await line.finishDue(tx, readyAt, only);
  for (const { orderId, cafeId, customer, ...cause } of finished) {
    emit(OrderReady, { orderId, cafeId, customer, readyAt: readyAt.getTime() }, cause);
  }
  return finished.length;
}

async function start(work: Work, { speed, baristas }: Rules, only?: string): Promise<number> {
  const oneEach = speed > 0;
  const counters = await line.takeCounters(work.tx, baristas, oneEach ? 1 : TURNS, only);
  const startedAt = work.now();
  const started = counters.flatMap(({ cafeId, slots, waiting }) =>
    allocate(slots, waiting, oneEach).map((ticket) => {
      const takesMs = millisecondsAt(speed, ticket.preparationSeconds);
      return startTicket(work, { ...ticket, cafeId }, startedAt, takesMs);
    }),
  );
  if (started.length > 0) await line.start(work.tx, started);
  return started.length;
}

/** Tells that a ticket is started, and, when it takes no time, that it is ready: one step for both in the tables. */
function startTicket(
  { emit }: Work,
  ticket: line.WaitingTicket & { cafeId: string; slot: number },
  startedAt: Date,
  takesMs: number,
): line.StartedTicket {
  const { orderId, cafeId, slot, customer, causationId, traceparent } = ticket;
  const times = { startedAt: startedAt.getTime(), expectedReadyAt: startedAt.getTime() + takesMs };
  const eventId = emit(KitchenStarted, { orderId, cafeId, slot, ...times }, { causationId, traceparent });
  const readyAt = takesMs === 0 ? startedAt : null;
  if (readyAt) {
    const cause = { causationId: eventId, traceparent };
    emit(OrderReady, { orderId, cafeId, customer, readyAt: readyAt.getTime() }, cause);
  }
  return { orderId, cafeId, slot, startedAt, takesMs, readyAt, eventId };
}
