import { expect, it } from '@jest/globals';
import { createPacker } from './pack.ts';
import { orderOf } from './testing/orderOf.ts';
import { type Flow, flows, soundOrder } from './testing/soundOrder.ts';

const placedAt = Date.parse('2026-01-01T12:00:00Z');

it('gives the same orders back, nothing lost, however many share their strings', () => {
  const packer = createPacker();
  const orders = (Object.keys(flows) as Flow[]).map((flow, index) => {
    const events = soundOrder(flow, placedAt).map((event) => {
      const { items } = event.data as { items?: object[] };
      // What an event says of its time need not be when it was written.
      const time = new Date(event.time.getTime() + index);
      // Of two lines, and as many cafes as there are orders.
      const food = { ...items?.[0], sku: 'bun', category: 'food' };
      const more = items && {
        total: { amount: 3 * 840, currency: 'EUR' },
        items: [...items, { ...items[0], sku: 'mocha' }, food],
        cafeId: `cafe-${index}`,
      };
      return { ...event, time, data: { ...event.data, ...more } };
    });
    return orderOf(events);
  });
  const packed = orders.map((order) => packer.pack(order));
  expect(packed.flat().every((each) => typeof each === 'number')).toBe(true);
  expect(orders.map(({ id }, index) => packer.unpack(id, packed[index] ?? []))).toEqual(orders);
});
