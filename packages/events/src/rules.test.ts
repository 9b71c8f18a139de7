import { describe, expect, test } from '@jest/globals';
import type { AvroSchema, RecordSchema } from './avroSchema.ts';
import { createCheck, problemIn } from './checkData.ts';
import type { EventType } from './eventType.ts';
import {
  CancellationRequested,
  eventTypes,
  KitchenStarted,
  MenuItemChanged,
  OrderPlaced,
  PaymentReceived,
  PaymentRefunded,
  StockReserved,
} from './generated/events.ts';
import * as v2 from './generated/v2/events.ts';
import { misplaced } from './misplaced.ts';
import { ruleOf } from './rules.ts';

const orderId = '01890a5d-ac96-774b-bcce-b302099a8057';
const item = {
  ...{ sku: 'flat-white', name: 'Flat White', category: 'drink' as const, quantity: 2 },
  ...{ unitPrice: { amount: 420, currency: 'EUR' }, preparationSeconds: 30 },
};
const order: OrderPlaced = {
  orderId,
  cafeId: 'cafe-001',
  customer: { name: 'Ada 😀 ماجد', address: 'Bean Lane 1' },
  items: [item],
  total: { amount: 840, currency: 'EUR' },
  placedAt: 1_700_000_000_000,
  channel: 'app',
};
const problem = <Data>(type: EventType<Data>, data: unknown) => problemIn(type as EventType, data);
const withItem = (more: object) => ({ ...order, items: [item, { ...item, ...more }] });
const withCustomer = (more: object) => ({ ...order, customer: { ...order.customer, ...more } });

test('lets through what Brew makes', () => {
  expect(problem(OrderPlaced, order)).toBeUndefined();
  const { total, items, ...rest } = order;
  const bridged = { ...rest, total: 840, currency: 'EUR', items: [{ ...item, unitPrice: 420 }] };
  expect(problem(v2.OrderPlaced, bridged)).toBeUndefined();
  const reserved = {
    orderId,
    cafeId: 'cafe-001',
    items: [{ sku: 'muffin', quantity: 1_980, remaining: null }],
    reservedAt: 1,
  };
  expect(problem(StockReserved, reserved)).toBeUndefined();
});

test('lets through what is left to its default', () => {
  const { channel: _, ...unsaid } = order;
  expect(problem(OrderPlaced, unsaid)).toBeUndefined();
  expect(problem(CancellationRequested, { orderId, requestedAt: 1 })).toBeUndefined();
  const reserved = { orderId, cafeId: 'cafe-001', items: [{ sku: 'muffin', quantity: 1 }], reservedAt: 1 };
  expect(problem(StockReserved, reserved)).toBeUndefined();
});

test.each<[unknown, string]>([
  [{ ...order, orderId: 'order-1' }, 'orderId is "order-1", not a UUID in lower case'],
  [
    { ...order, orderId: orderId.toUpperCase() },
    `orderId is "${orderId.toUpperCase()}", not a UUID in lower case`,
  ],
  [{ ...order, items: [] }, 'items has 0 entries, not 1 to 20'],
  [{ ...order, items: Array(21).fill(item) }, 'items has 21 entries, not 1 to 20'],
  [withItem({ quantity: 0 }), 'items.1.quantity is 0, not 1 to 99'],
  [withItem({ quantity: 1_000_000 }), 'items.1.quantity is 1000000, not 1 to 99'],
  [
    withItem({ sku: 'Flat White' }),
    'items.1.sku is "Flat White", not lower-case letters, digits and hyphens',
  ],
  [
    withItem({ unitPrice: { amount: -1, currency: 'EUR' } }),
    'items.1.unitPrice.amount is -1, not 0 to 1000000',
  ],
  [
    withItem({ unitPrice: { amount: 1, currency: 'EURO' } }),
    'items.1.unitPrice.currency is "EURO", not an ISO 4217 code such as EUR',
  ],
  [
    withItem({ unitPrice: { amount: 1, currency: 'ZZZ' } }),
    'items.1.unitPrice.currency is "ZZZ", not an ISO 4217 code such as EUR',
  ],
  [
    withCustomer({ address: 'x'.repeat(950_000) }),
    `customer.address is "${'x'.repeat(60)}…", not a text of up to 300 characters`,
  ],
  [
    withCustomer({ name: 'A\u001b[31mda' }),
    'customer.name is "A\\u001b[31mda", not a line of up to 100 characters',
  ],
  [withCustomer({ name: '\u009b31m' }), 'customer.name is "\u009b31m", not a line of up to 100 characters'],
  [withCustomer({ name: '' }), 'customer.name is "", not a line of up to 100 characters'],
  [withCustomer({ name: ' ' }), 'customer.name is " ", not a line of up to 100 characters'],
  [withCustomer({ name: '\ud800' }), 'customer.name is "\\ud800", not a line of up to 100 characters'],
  [
    { ...order, total: { amount: 2n ** 60n, currency: 'EUR' } },
    `total.amount is ${2n ** 60n}, not 0 to 1980000000`,
  ],
  [{ ...order, placedAt: -1 }, 'placedAt is -1, not 0 to 253402300799999'],
  [{ ...order, placedAt: 2n ** 60n }, `placedAt is ${2n ** 60n}, not 0 to 253402300799999`],
])('refuses what Brew itself could not have made, and names it: %#', (data, expected) => {
  expect(problem(OrderPlaced, data)).toBe(expected);
});

test('takes what was paid in any currency: it is no price of ours, and is to be given back', () => {
  const inBitcoin = { amount: 800, currency: 'XBT' };
  const refund = { orderId, paymentId: 'pay-1', refundId: 're-1', amount: inBitcoin, refundedAt: 1 };
  expect(problem(PaymentRefunded, refund)).toBeUndefined();
  expect(problem(PaymentRefunded, { ...refund, amount: { ...inBitcoin, currency: 'xbt' } })).toBe(
    'amount.currency is "xbt", not a currency code of three capital letters',
  );
  expect(problem(OrderPlaced, { ...order, total: inBitcoin })).toBe(
    'total.currency is "XBT", not an ISO 4217 code such as EUR',
  );
});

test('looks at some fields alone, where only these are read', () => {
  const check = createCheck(OrderPlaced as EventType, { items: { quantity: true }, placedAt: true });
  expect(check({ items: [{ quantity: 1 }], placedAt: 1 })).toBeUndefined();
  expect(check({ items: [{ quantity: 1 }, { quantity: 0 }], placedAt: 1 })).toBe(
    'items.1.quantity is 0, not 1 to 99',
  );
});

describe('every event', () => {
  /** Of each text and number that is no time: where it is, as far as rules look. */
  function fieldsOf(schema: AvroSchema, record: string, holder: string, field: string): string[][] {
    if (Array.isArray(schema)) return schema.flatMap((branch) => fieldsOf(branch, record, holder, field));
    const named = schema as RecordSchema;
    if (named.type === 'record')
      return named.fields.flatMap(({ name, type }) => fieldsOf(type, named.name, field || named.name, name));
    if ((schema as { type?: string }).type === 'array')
      return [
        [record, holder, field],
        ...fieldsOf((schema as unknown as { items: AvroSchema }).items, record, holder, field),
      ];
    const scalar =
      typeof schema === 'string'
        ? schema
        : ((schema as { type: string; logicalType?: string }).logicalType ??
          (schema as { type: string }).type);
    return ['string', 'int', 'long'].includes(scalar) ? [[record, holder, field]] : [];
  }

  test.each([...eventTypes, ...v2.eventTypes].map((type) => [type.type, type] as const))(
    '%s has a rule for each text, number and list',
    (_, { schema }) => {
      const without = fieldsOf(schema, schema.name, '', '').filter(
        ([record = '', holder = '', field = '']) => !ruleOf(record, holder, field),
      );
      expect(without).toEqual([]);
    },
  );
});

describe('where an event stands', () => {
  const paid = { orderId };
  const here = { topic: PaymentReceived.topic.name, key: orderId, correlationId: orderId };
  const where = (
    type: unknown,
    data: unknown,
    at: typeof here | { topic: string; key: string | null; correlationId: string },
  ) => misplaced(type as EventType, data, at);

  test('is the topic of its type and the key of its order', () => {
    expect(where(PaymentReceived, paid, here)).toBeUndefined();
    expect(where(PaymentReceived, paid, { ...here, topic: 'brew.orders.v1' })).toBe(
      'PaymentReceived does not belong on brew.orders.v1',
    );
    expect(where(KitchenStarted, paid, { ...here, topic: 'brew.orders.v2' })).toBe(
      'KitchenStarted does not belong on brew.orders.v2',
    );
    expect(where(PaymentReceived, paid, { ...here, key: 'other' })).toMatch('PaymentReceived of order');
    expect(where(PaymentReceived, paid, { ...here, key: null })).toMatch('has the key null');
    expect(where(PaymentReceived, paid, { ...here, correlationId: 'other' })).toMatch(
      'and the correlation id other',
    );
    const menu = { topic: 'brew.menu.v1', key: 'latte', correlationId: 'latte' };
    expect(where(MenuItemChanged, { sku: 'mocha' }, menu)).toBe(
      'MenuItemChanged of sku mocha has the key latte and the correlation id latte',
    );
  });

  test('may be any topic that is none of ours: dead letters, a copy', () => {
    expect(where(PaymentReceived, paid, { ...here, topic: 'kitchen.dlq' })).toBeUndefined();
  });
});
