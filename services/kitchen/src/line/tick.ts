import { KitchenStarted, OrderReady } from '@brew/events';
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

/** How many orders a barista makes within one transaction when preparation takes no time. */
const TURNS = 10;

/**
 * One look along the counter, within a transaction: what is done goes out, and free baristas start the next.
 * @returns whether anything was started
 */
export async function tick(work: Work, rules: Rules): Promise<boolean> {
  await finish(work);
  const started = await start(work, rules);
  if (started && rules.speed === 0) await finish(work);
  return started;
}

async function finish({ tx, emit, now }: Work): Promise<void> {
  const readyAt = now();
  for (const { orderId, cafeId, customer, ...cause } of await line.finishDue(tx, readyAt)) {
    emit(OrderReady, { orderId, cafeId, customer, readyAt: readyAt.getTime() }, cause);
  }
}

async function start({ tx, emit, now }: Work, { speed, baristas }: Rules): Promise<boolean> {
  const free = await line.takeFreeSlots(tx, baristas);
  if (free.length === 0) return false;

  const oneEach = speed > 0;
  const waiting = await line.takeWaiting(tx, free, oneEach ? 1 : TURNS);
  const startedAt = now();
  const started = allocate(free, waiting, oneEach).map((ticket) => {
    const { orderId, cafeId, slot, preparationSeconds, ...cause } = ticket;
    const dueAt = new Date(startedAt.getTime() + millisecondsAt(speed, preparationSeconds));
    const times = { startedAt: startedAt.getTime(), expectedReadyAt: dueAt.getTime() };
    const eventId = emit(KitchenStarted, { orderId, cafeId, slot, ...times }, cause);
    return { orderId, cafeId, slot, startedAt, dueAt, eventId };
  });
  if (started.length === 0) return false;
  await line.start(tx, started);
  return true;
}
