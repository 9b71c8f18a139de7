import { describe, expect, test } from '@jest/globals';
import { bridges, ordersV2 } from './bridges.ts';
import { eventTypeOf, OrderCancelled, OrderPlaced, PaymentReceived, v2 } from './index.ts';

const EUR = (amount: number) => ({ amount, currency: 'EUR' });
const placed: OrderPlaced = {
  orderId: 'order-1',
  cafeId: 'cafe-001',
  customer: { name: 'Ada', address: 'Bean Lane 1' },
  items: [
    {
      sku: 'latte',
      name: 'Latte',
      category: 'drink',
      quantity: 2,
      unitPrice: EUR(420),
      preparationSeconds: 90,
    },
  ],
  total: EUR(840),
  placedAt: 1,
  channel: 'partner',
};

describe.each(bridges.map((bridge) => [bridge.group, bridge] as const))('%s', (_group, bridge) => {
  test('has a word for each event of its source, and each is one of its target', () => {
    const names = bridge.types.map(({ name }) => name);
    expect(names).toEqual(bridge.target.events);
    for (const name of bridge.source.events) {
      const type = eventTypeOf(`${bridge.source.name}.${name}`);
      // No data: whether there is a rule is told before it is looked at.
      const translate = () => type && bridge.translate({ type, data: { items: [], total: {} } });
      expect(translate()?.type.topic).toBe(bridge.target);
    }
  });
});

describe('orders in version 2', () => {
  test('name their currency once', () => {
    const translation = ordersV2.translate({ type: OrderPlaced, data: placed });
    expect(translation).toEqual({
      type: v2.OrderPlaced,
      data: {
        orderId: 'order-1',
        cafeId: 'cafe-001',
        channel: 'partner',
        customer: placed.customer,
        items: [{ ...placed.items[0], unitPrice: 420 }],
        currency: 'EUR',
        total: 840,
        placedAt: 1,
      },
    });
  });

  test('can not have two', () => {
    const data = { ...placed, total: { amount: 840, currency: 'USD' } };
    expect(() => ordersV2.translate({ type: OrderPlaced, data })).toThrow(
      "brew.orders.v1.OrderPlaced can't be bridged: latte is priced in EUR, the order in USD.",
    );
  });

  test('end as they did', () => {
    const data = { orderId: 'order-1', reason: 'out_of_stock', cancelledAt: 1 };
    expect(ordersV2.translate({ type: OrderCancelled, data })).toEqual({ type: v2.OrderCancelled, data });
  });

  test('have nothing for the events of other topics', () => {
    expect(() => ordersV2.translate({ type: PaymentReceived, data: {} })).toThrow(
      "brew.payments.v1.PaymentReceived can't be bridged: brew.orders.v2 has nothing for it.",
    );
  });
});
