import { describe, expect, test } from '@jest/globals';
import { eventTypeOf, eventTypes, MenuItemChanged, OrderPlaced, successors, topics, v2 } from './index.ts';

describe('event types', () => {
  test('know their topic, their subject in the registry and their key', () => {
    expect(OrderPlaced).toMatchObject({
      name: 'OrderPlaced',
      type: 'brew.orders.v1.OrderPlaced',
      topic: topics.orders,
      subject: 'brew.orders.v1-brew.orders.v1.OrderPlaced',
    });
    const placed: OrderPlaced = {
      orderId: 'order-1',
      cafeId: 'cafe-001',
      customer: { name: 'Ada', address: 'Analytical Street 1' },
      items: [],
      total: { amount: 0, currency: 'EUR' },
      placedAt: 0,
      channel: 'app',
    };
    expect(OrderPlaced.keyOf(placed)).toBe('order-1');
  });

  test('of the menu are keyed by sku', () => {
    const changed: MenuItemChanged = {
      sku: 'flat-white',
      name: 'Flat white',
      category: 'drink',
      price: { amount: 380, currency: 'EUR' },
      preparationSeconds: 90,
      changedAt: 0,
    };
    expect(MenuItemChanged.keyOf(changed)).toBe('flat-white');
  });

  test.each([[{ topics, eventTypes }], [{ topics: successors, eventTypes: v2.eventTypes }]])(
    'are all those that the topics declare, each with the schema of its own name',
    ({ topics, eventTypes }) => {
      const declared = Object.values(topics).flatMap((topic) =>
        topic.events.map((name) => `${topic.name}.${name}`),
      );
      expect(eventTypes.map(({ type }) => type)).toEqual(declared);
      expect(eventTypes.map(({ schema }) => `${schema.namespace}.${schema.name}`)).toEqual(declared);
    },
  );
});

describe('eventTypeOf', () => {
  test('finds an event by the name in its header', () => {
    for (const eventType of [...eventTypes, ...v2.eventTypes]) {
      expect(eventTypeOf(eventType.type)).toBe(eventType);
    }
  });

  test.each(['', 'OrderPlaced', 'brew.orders.v3.OrderPlaced', 'constructor'])(
    'does not know "%s"',
    (type) => {
      expect(eventTypeOf(type)).toBeUndefined();
    },
  );
});
