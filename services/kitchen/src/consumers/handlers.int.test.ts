import {
  CancellationRequested,
  OrderCancelled,
  OrderPlaced,
  PaymentReceived,
  TicketDropped,
  uuidv7,
} from '@brew/events';
import { uniqueName } from '@brew/sandbox/testing';
import type { TestBench } from '@brew/service/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { KitchenConfig } from '../config.ts';
import { tick } from '../line/tick.ts';
import { openCafes } from '../store/line.ts';
import { createKitchenBench, latte } from '../testing.ts';
import { createHandlers } from './handlers.ts';

let woken = 0;
const handlers = createHandlers(() => {
  woken += 1;
});
const at = Date.parse('2026-01-01T08:30:00Z');

describe('the handlers', () => {
  let bench: TestBench<KitchenConfig>;

  beforeAll(async () => {
    bench = await createKitchenBench();
  });

  afterAll(() => bench?.stop());

  /** One order with a cafe of its own, so that a barista is always free, and the events that may come for it. */
  function anOrder() {
    const orderId = uuidv7();
    const { placed, paid } = latte(orderId, uniqueName('cafe'));
    return {
      orderId,
      cafeId: placed.cafeId,
      place: () => bench.deliver(handlers, OrderPlaced, placed),
      pay: () => bench.deliver(handlers, PaymentReceived, paid),
      /** @param cafe as since version 2 of the event */
      askToCancel: (cafe: string | null = null) =>
        bench.deliver(handlers, CancellationRequested, { orderId, requestedAt: at, cafeId: cafe }),
      cancel: () =>
        bench.deliver(handlers, OrderCancelled, { orderId, reason: 'payment_timeout', cancelledAt: at }),
      /** Lets the line look, and names all that it and the handlers emitted for the order. */
      async emitted() {
        await openCafes(bench.context.db, 1);
        await bench.context.transact({}, (work) =>
          tick(work, { speed: 60, baristas: 1 }, { finishes: true, starts: true }),
        );
        const events = (await bench.emitted()).filter(({ correlationId }) => correlationId === orderId);
        return events.map(({ type }) => type.name);
      },
    };
  }

  it('start an order once it is placed and paid, whichever comes first', async () => {
    const usual = anOrder();
    await usual.place();
    expect(await usual.emitted()).toEqual([]);
    await usual.pay();
    expect(await usual.emitted()).toEqual(['KitchenStarted']);

    const paidFirst = anOrder();
    await paidFirst.pay();
    expect(await paidFirst.emitted()).toEqual([]);
    await paidFirst.place();
    expect(await paidFirst.emitted()).toEqual(['KitchenStarted']);
  });

  it('drop a paid order that the customer cancels before it is started, and never start it', async () => {
    const order = anOrder();
    await order.place();
    await order.pay();
    await order.askToCancel();
    expect(await order.emitted()).toEqual(['TicketDropped']);
  });

  it('drop an order whose cancellation overtakes the payment, and never start it', async () => {
    const order = anOrder();
    await order.place();
    await order.askToCancel();
    await order.pay();
    expect(await order.emitted()).toEqual(['TicketDropped']);
  });

  it('drop an order whose cancellation overtakes everything else', async () => {
    const order = anOrder();
    await order.askToCancel();
    await order.pay();
    await order.place();
    expect(await order.emitted()).toEqual(['TicketDropped']);
  });

  it('let an order go on that is cancelled after it was started', async () => {
    const order = anOrder();
    await order.place();
    await order.pay();
    await order.emitted();
    await order.askToCancel();
    expect(await order.emitted()).toEqual(['KitchenStarted']);
  });

  it('drop an order that they never heard of, and never start it, should they hear of it later', async () => {
    const order = anOrder();
    await order.askToCancel(order.cafeId);
    expect(await order.emitted()).toEqual(['TicketDropped']);
    await order.place();
    await order.pay();
    await order.cancel();
    expect(await order.emitted()).toEqual(['TicketDropped']);
  });

  it('answer once more when they are asked once more, since the answer may be lost', async () => {
    const order = anOrder();
    await order.place();
    await order.pay();
    await order.askToCancel();
    await order.askToCancel();
    await order.cancel();
    expect(await order.emitted()).toEqual(['TicketDropped', 'TicketDropped']);
  });

  it('close an order that is cancelled before it is paid, and tell nobody', async () => {
    const order = anOrder();
    await order.place();
    await order.cancel();
    await order.askToCancel();
    expect(await order.emitted()).toEqual([]);
  });

  it('wake the line when there is something to make, and not before', async () => {
    woken = 0;
    const order = anOrder();
    await order.pay();
    expect(woken).toBe(0);
    await order.place();
    expect(woken).toBe(1);
  });

  it('tell with TicketDropped which cafe dropped it, and that the request led to it', async () => {
    const order = anOrder();
    await order.place();
    await order.pay();
    const requestId = await order.askToCancel();
    const dropped = (await bench.emitted()).find(({ correlationId }) => correlationId === order.orderId);
    expect(dropped).toMatchObject({
      type: TicketDropped,
      causationId: requestId,
      data: { orderId: order.orderId, cafeId: order.cafeId },
    });
  });
});
