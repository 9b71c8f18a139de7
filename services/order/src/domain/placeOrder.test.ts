import type { MenuItemChanged } from '@brew/events';
import { describe, expect, test } from '@jest/globals';
import { type OrderRequest, placeOrder } from './placeOrder.ts';

const latte: MenuItemChanged = {
  sku: 'latte',
  name: 'Latte',
  category: 'drink',
  price: { amount: 420, currency: 'EUR' },
  preparationSeconds: 90,
  changedAt: 1,
};
const brownie: MenuItemChanged = {
  ...latte,
  sku: 'brownie',
  category: 'food',
  price: { amount: 350, currency: 'EUR' },
};
const bagel: MenuItemChanged = { ...latte, sku: 'bagel', price: { amount: 500, currency: 'USD' } };

const offer = {
  hasCafe: (id: string) => id === 'cafe-001',
  itemOf: (sku: string) => [latte, brownie, bagel].find((item) => item.sku === sku),
};
const request: OrderRequest = {
  cafeId: 'cafe-001',
  items: [
    { sku: 'latte', quantity: 2 },
    { sku: 'brownie', quantity: 1 },
  ],
  customer: { name: 'Ada', address: 'Bean Lane 1' },
};
const place = (changes: Partial<OrderRequest>) =>
  placeOrder({ ...request, ...changes }, offer, 'order-1', 1_000);

describe('placing an order', () => {
  test('takes names, prices and preparation times from the menu and adds them up', () => {
    expect(place({})).toEqual({
      order: {
        orderId: 'order-1',
        cafeId: 'cafe-001',
        customer: request.customer,
        channel: 'app',
        items: [
          {
            sku: 'latte',
            name: 'Latte',
            category: 'drink',
            quantity: 2,
            unitPrice: latte.price,
            preparationSeconds: 90,
          },
          {
            sku: 'brownie',
            name: 'Latte',
            category: 'food',
            quantity: 1,
            unitPrice: brownie.price,
            preparationSeconds: 90,
          },
        ],
        total: { amount: 1_190, currency: 'EUR' },
        status: 'placed',
        times: { placed: 1_000 },
        payment: { state: 'none' },
        otherPayments: [],
      },
    });
  });

  test('names every field that is wrong, at once', () => {
    expect(place({ cafeId: 'cafe-999', items: [{ sku: 'unicorn', quantity: 1 }, ...request.items] })).toEqual(
      {
        errors: [
          { field: 'cafeId', message: 'there is no cafe cafe-999' },
          { field: 'items.0.sku', message: 'unicorn is not on the menu' },
        ],
      },
    );
  });

  test('makes no order of nothing', () => {
    expect(place({ items: [] })).toEqual({ errors: [] });
  });

  test('does not add up different currencies', () => {
    expect(place({ items: [...request.items, { sku: 'bagel', quantity: 1 }] })).toEqual({
      errors: [{ field: 'items.2.sku', message: 'bagel is sold in USD, the rest of the order in EUR' }],
    });
  });
});
