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

/** Bounds one transaction; what is left over is due already and comes in the next. */
const FINISHED_AT_ONCE = 500;

/** One look along the counter, within a transaction: what is done goes out, and free baristas start the next. */
export async function tick(work: Work, rules: Rules): Promise<void> {
  await finish(work);
  await start(work, rules);
}

async function finish({ tx, emit, now }: Work): Promise<void> {
  const readyAt = now();
  for (const { orderId, cafeId, customer, ...cause } of await line.finishDue(tx, readyAt, FINISHED_AT_ONCE)) {
    emit(OrderReady, { orderId, cafeId, customer, readyAt: readyAt.getTime() }, cause);
  }
}

async function start({ tx, emit, now }: Work, { speed, baristas }: Rules): Promise<void> {
  const free = await line.takeFreeSlots(tx, baristas);
  if (free.length === 0) return;

  const startedAt = now();
  const started = allocate(free, await line.takeWaiting(tx, free)).map((ticket) => {
    const { orderId, cafeId, slot, preparationSeconds, ...cause } = ticket;
    const dueAt = new Date(startedAt.getTime() + millisecondsAt(speed, preparationSeconds));
    const times = { startedAt: startedAt.getTime(), expectedReadyAt: dueAt.getTime() };
    const eventId = emit(KitchenStarted, { orderId, cafeId, slot, ...times }, cause);
    return { orderId, cafeId, slot, startedAt, dueAt, eventId };
  });
  if (started.length > 0) await line.start(tx, started);
}
