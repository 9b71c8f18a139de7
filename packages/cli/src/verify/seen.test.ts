import { describe, expect, it } from '@jest/globals';
import { seen } from './testing/orderOf.ts';
import { type AnyEvent, type Flow, soundOrder } from './testing/soundOrder.ts';

const at = Date.parse('2026-01-01T12:00:00Z');

/** The event of that name, with other data and ids where they are given. */
function eventIn(flow: Flow, name: string, data: object = {}, ids: Partial<AnyEvent> = {}) {
  const event = soundOrder(flow, at).find(({ type }) => type.name === name) as AnyEvent;
  return { ...event, ...ids, data: { ...event.data, ...data } };
}
const unitPrice = { amount: 100, currency: 'EUR' };
const line = (sku: string, quantity: number, remaining: number | null = 1) => ({
  ...{ sku, quantity, remaining, unitPrice },
});

describe('an event is seen', () => {
  it('where it lies and when it was', () => {
    const events = soundOrder('delivered', at);
    const place = { topic: 'brew.shipments.v1', partition: 5, offset: 42 };
    expect(seen(events[6] as AnyEvent, 42, 5)).toMatchObject({
      name: 'OrderDelivered',
      time: at + 6,
      ...place,
    });
  });

  it('with its id and that of its cause, which are told apart by all of them', () => {
    const ids = [
      ...['01a1fdf2-a963-741e-b8f2-0000000000ff', '01a1fdf2-a963-741e-b8f2-ffffffffffff'],
      ...['01a1fdf2-a964-741e-b8f2-0000000000ff', '0000000000ff', 'order-1', 'order-2'],
    ];
    const numbers = ids.map((id) => seen(eventIn('delivered', 'OrderReady', {}, { id }), 0).id);
    expect(new Set(numbers).size).toBe(ids.length);
    const causes = ids.map((causationId) => ({ causationId }));
    expect(causes.map((cause) => seen(eventIn('delivered', 'OrderReady', {}, cause), 0).causeId)).toEqual(
      numbers,
    );
    expect(numbers.every(Number.isSafeInteger)).toBe(true);
    expect(seen(soundOrder('delivered', at)[0] as AnyEvent, 0).causeId).toBeUndefined();
  });

  it('with the same content when it comes again, and another one when it is another', () => {
    const paid = eventIn('delivered', 'PaymentReceived');
    const contents = ['pay-1', 'pay-1', 'pay-2'].map(
      (paymentId) => seen({ ...paid, data: { ...paid.data, paymentId } }, 0).content,
    );
    expect(contents[0]).toBe(contents[1]);
    expect(contents[0]).not.toBe(contents[2]);
  });

  it.each<[string, Flow, string]>([
    ['its total', 'delivered', 'OrderPlaced'],
    ['what was paid', 'delivered', 'PaymentReceived'],
    ['what was given back', 'paid too late', 'PaymentRefunded'],
  ])('with %s', (_what, flow, name) => {
    expect(seen(eventIn(flow, name), 0).amount).toEqual({ amount: 840, currency: 'EUR' });
  });

  it.each<[Flow, string]>([
    ['delivered', 'OrderPlaced'],
    ['delivered', 'StockReserved'],
    ['not paid', 'StockReleased'],
  ])('(%s) with the lines of %s: each item once, in the order of their names', (flow, name) => {
    const items = [line('mocha', 1), line('latte', 2), line('americano', 5), line('mocha', 3)];
    expect(seen(eventIn(flow, name, { items }), 0).stock).toEqual({
      cafeId: 'cafe-007',
      lines: [
        { sku: 'americano', quantity: 5 },
        { sku: 'latte', quantity: 2 },
        { sku: 'mocha', quantity: 4 },
      ],
    });
  });

  it.each([
    ['something is left', [line('latte', 2, 1)], undefined],
    ['nothing is left', [line('latte', 2, 0)], undefined],
    ['it is not sold any more', [line('latte', 2, null)], undefined],
    [
      'less than nothing is left',
      [line('latte', 2, 0), line('mocha', 1, -2)],
      'left -2 mocha at cafe-007: stock went below nothing',
    ],
  ])('as stock that was reserved when %s', (_when, items, fault) => {
    expect(seen(eventIn('delivered', 'StockReserved', { items }), 0).fault).toBe(fault);
  });

  it.each([
    ['less than that is there', 2, 1, undefined],
    ['as much is there', 2, 2, 'was rejected for 2 latte although cafe-007 is said to have 2'],
    ['more is there', 2, 3, 'was rejected for 2 latte although cafe-007 is said to have 3'],
    ['nothing is there', 2, 0, undefined],
    ['less than nothing is there', 2, -1, 'was rejected for 2 latte although cafe-007 is said to have -1'],
  ])('as a rejection when %s', (_when, requested, available, fault) => {
    const missing = [
      { sku: 'tea', requested: 1, available: 0 },
      { sku: 'latte', requested, available },
    ];
    expect(seen(eventIn('out of stock', 'StockRejected', { missing }), 0).fault).toBe(fault);
  });
});
