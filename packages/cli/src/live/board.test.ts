import {
  CourierAssigned,
  type Event,
  type EventType,
  KitchenStarted,
  OrderCancelled,
  OrderDelivered,
  OrderPlaced,
  OrderReady,
  PaymentReceived,
} from '@brew/events';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { type Board, createBoard } from './board.ts';

let board: Board;
beforeEach(() => {
  board = createBoard(['brew.orders.v1', 'brew.shipments.v1']);
});

const journey = [OrderPlaced, PaymentReceived, KitchenStarted, OrderReady, CourierAssigned, OrderDelivered];
const items = [
  { name: 'Flat White', quantity: 2 },
  { name: 'Croissant', quantity: 1 },
];

function event(type: EventType<never>, orderId: string, at: number): Event {
  const data = type.name === 'OrderPlaced' ? { items } : { reason: 'payment_failed' };
  return {
    type: type as EventType,
    id: `${orderId}-${type.name}`,
    source: '/test',
    time: new Date(at),
    correlationId: orderId,
    data,
  };
}

const see = (type: EventType<never>, orderId: string, at = 1_000, now = at) =>
  board.see(event(type, orderId, at), now);
const counts = (now = 1_000) => board.snapshot(now).counts;

describe('createBoard', () => {
  it('takes an order from state to state', () => {
    const states = journey.map((type) => {
      see(type, 'a');
      const entries = Object.entries(counts()).filter(([, count]) => count > 0);
      return entries.map(([state, count]) => `${state} ${count}`).join();
    });
    expect(states).toEqual(['placed 1', 'paid 1', 'preparing 1', 'ready 1', 'on_the_way 1', 'delivered 1']);
  });

  it('does not mind the order in which topics are read', () => {
    for (const type of journey.toReversed()) see(type, 'a');
    expect(counts()).toMatchObject({ delivered: 1, placed: 0, ready: 0 });
  });

  it('counts what comes twice once', () => {
    for (const type of [...journey, ...journey]) see(type, 'a');
    expect(counts()).toMatchObject({ delivered: 1, placed: 0 });
  });

  it('takes up orders that began before it did', () => {
    see(OrderReady, 'a');
    expect(counts()).toMatchObject({ ready: 1 });
    see(OrderDelivered, 'a');
    expect(counts()).toMatchObject({ ready: 0, delivered: 1 });
  });

  it('follows an order to its end, with the time of each step and what is in it', () => {
    journey.forEach((type, index) => {
      see(type, 'a', 1_000 + index * 100);
    });
    expect(board.snapshot(2_000).orders).toEqual([
      {
        orderId: 'a',
        items: '2 Flat White, Croissant',
        state: 'delivered',
        times: {
          placed: 1_000,
          paid: 1_100,
          preparing: 1_200,
          ready: 1_300,
          on_the_way: 1_400,
          delivered: 1_500,
        },
      },
    ]);
  });

  it('says why an order was cancelled', () => {
    see(OrderPlaced, 'a');
    see(OrderCancelled, 'a');
    expect(board.snapshot(1_000).orders).toMatchObject([{ state: 'cancelled', reason: 'payment_failed' }]);
  });

  it('gives the line of an order that ended a while ago to the next one, and no other', () => {
    see(OrderPlaced, 'a', 1_000);
    see(OrderPlaced, 'b', 1_000);
    see(OrderDelivered, 'b', 2_000);
    see(OrderPlaced, 'c', 3_000);
    see(OrderPlaced, 'd', 9_000);
    expect(board.snapshot(9_000).orders.map(({ orderId }) => orderId)).toEqual(['a', 'd', 'c']);
  });

  it('counts events per second of each topic, without the second that is running', () => {
    for (let at = 0; at < 5_000; at += 250) see(OrderPlaced, `o${at}`, at);
    const [orders, shipments] = board.snapshot(5_000).rates;
    expect(orders).toMatchObject({
      topic: 'brew.orders.v1',
      perSecond: 4,
      history: [0, 0, 0, 0, 0, 4, 4, 4, 4, 4],
    });
    expect(shipments).toMatchObject({ perSecond: 0 });
    for (let n = 0; n < 100; n++) see(OrderPlaced, `p${n}`, 5_100);
    expect(board.snapshot(5_900).rates[0]?.perSecond).toBe(4);
  });
});
