import { describe, expect, it } from '@jest/globals';
import { readSse } from '../sse.ts';
import { plain } from '../text/format.ts';
import { heading, newSteps } from './renderSteps.ts';
import type { OrderView } from './shop.ts';

const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms).toISOString();
const view: OrderView = {
  orderId: 'order-1',
  cafeId: 'cafe-007',
  status: 'paid',
  times: { paid: at(600), placed: at(0) },
  items: [
    { name: 'Flat White', quantity: 2 },
    { name: 'Croissant', quantity: 1 },
  ],
  total: { amount: 1060, currency: 'EUR' },
};

describe('the steps of an order', () => {
  it('are printed once, in the order of time, with the time each took', () => {
    expect(newSteps(view, undefined, plain)).toEqual(['· placed', '· paid              0.6 s']);
    const later = { ...view, status: 'preparing', times: { ...view.times, preparing: at(2_000) } };
    expect(newSteps(later, view, plain)).toEqual(['· preparing         1.4 s']);
  });

  it('end with the time of it all', () => {
    const delivered = { ...view, status: 'delivered', times: { ...view.times, delivered: at(12_400) } };
    expect(newSteps(delivered, view, plain)).toEqual([
      '✔ delivered        11.8 s',
      '  in all           12.4 s',
    ]);
  });

  it('end with the reason of a cancellation', () => {
    const cancelled = {
      ...view,
      status: 'cancelled',
      reason: 'customer_request',
      times: { ...view.times, cancelled: at(700) },
    };
    expect(newSteps(cancelled, view, plain)).toEqual(['✗ cancelled         0.1 s  customer request']);
  });

  it('follow a line that says what was ordered', () => {
    expect(heading(view, plain)).toBe('Order order-1 at cafe-007: 2 Flat White, Croissant, 10.60 EUR');
  });
});

describe('readSse', () => {
  const read = async (...chunks: Buffer[]) => {
    async function* body() {
      yield* chunks;
    }
    const events = [];
    for await (const event of readSse(body())) events.push(event);
    return events;
  };

  it('reads events however they are cut into chunks', async () => {
    const text =
      ':\n\nevent: order\nid: 1\ndata: {"a":"é"}\n\ndata: one\ndata: two\r\n\r\nevent: order\ndata: cut off\n';
    const expected = [
      { event: 'order', data: '{"a":"é"}' },
      { event: 'message', data: 'one\ntwo' },
    ];
    const bytes = Buffer.from(text);
    expect(await read(bytes)).toEqual(expected);
    expect(await read(...Array.from(bytes, (byte) => Buffer.of(byte)))).toEqual(expected);
  });
});
