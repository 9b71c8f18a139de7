import { type Event, type EventType, OrderCancelled, OrderPlaced, StockRejected } from '@brew/events';
import type { ReceivedRecord } from '@brew/kafka';
import { describe, expect, it } from '@jest/globals';
import { clock, plain } from '../text/format.ts';
import { eventJson, renderEvent, type WatchedRecord } from './renderEvent.ts';

const record: ReceivedRecord = {
  topic: 'brew.orders.v1',
  partition: 3,
  offset: 42n,
  key: 'order-1',
  value: Buffer.alloc(0),
  headers: {},
  timestamp: new Date('2026-01-01T12:00:00.000Z'),
};

const watched = <Data>(type: EventType<Data>, data: unknown): WatchedRecord => ({
  record,
  event: {
    type: type as EventType,
    id: 'event-1',
    source: '/brew/order',
    time: new Date('2026-01-01T12:00:01.250Z'),
    correlationId: 'order-1',
    data,
  } as Event,
});

const placed = watched(OrderPlaced, {
  orderId: 'order-1',
  cafeId: 'cafe-007',
  customer: { name: 'Ada', address: 'Bean Lane 1' },
  items: [
    { sku: 'flat-white', name: 'Flat White', quantity: 2, unitPrice: { amount: 390, currency: 'EUR' } },
    { sku: 'croissant', name: 'Croissant', quantity: 1, unitPrice: { amount: 280, currency: 'EUR' } },
  ],
  total: { amount: 1060, currency: 'EUR' },
  placedAt: 0,
});

const render = (one: WatchedRecord, columns = 0) => renderEvent(one, columns, plain);

describe('renderEvent', () => {
  it('is one line: time, order, type, and what is worth knowing', () => {
    expect(render(placed)).toBe(
      `${clock(new Date('2026-01-01T12:00:01.250Z'), 'ms')}  order-1  OrderPlaced             cafeId cafe-007, customer Ada, items 2 Flat White + Croissant, total 10.60 EUR`,
    );
    expect(
      render(watched(OrderCancelled, { orderId: 'order-1', reason: 'customer_request', cancelledAt: 0 })),
    ).toMatch(/OrderCancelled\s+reason customer_request$/);
    const missing = [{ sku: 'muffin', requested: 3, available: 1 }];
    expect(
      render(watched(StockRejected, { orderId: 'order-1', cafeId: 'c', missing, rejectedAt: 0 })),
    ).toContain('missing muffin (3 wanted, 1 there)');
  });

  it('fits the terminal', () => {
    expect(render(placed, 60)).toHaveLength(60);
  });

  it('shows what can not be decoded, and tombstones', () => {
    expect(render({ record, event: undefined, problem: 'its headers are missing' })).toContain('?  ');
    expect(render({ record, event: undefined, problem: 'its headers are missing' })).toContain(
      'headers are missing',
    );
    expect(render({ record, event: undefined })).toMatch(
      /removed +brew\.orders\.v1, partition 3, offset 42$/,
    );
  });
});

describe('eventJson', () => {
  it('is the event and where it lies', () => {
    expect(JSON.parse(eventJson(placed))).toMatchObject({
      topic: 'brew.orders.v1',
      partition: 3,
      offset: 42,
      key: 'order-1',
      id: 'event-1',
      type: 'brew.orders.v1.OrderPlaced',
      time: '2026-01-01T12:00:01.250Z',
      data: { total: { amount: 1060, currency: 'EUR' } },
    });
  });

  it('says what a record without an event is', () => {
    expect(JSON.parse(eventJson({ record, event: undefined }))).toMatchObject({
      data: null,
      problem: 'tombstone',
    });
  });
});
