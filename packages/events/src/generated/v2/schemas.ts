// Generated from schemas/ by scripts/generate.ts. Change the .avsc files, then: npm run generate

import type { RecordSchema } from '../../avroSchema.ts';

export const OrderPlaced: RecordSchema = {
  type: 'record',
  name: 'OrderPlaced',
  namespace: 'brew.orders.v2',
  doc: 'A customer has placed an order. Names, prices and preparation times are those of the moment: a later change of the menu does not touch the order. All its amounts are in one currency.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    { name: 'cafeId', type: 'string', doc: 'The cafe that makes it.' },
    {
      name: 'channel',
      type: {
        type: 'enum',
        name: 'Channel',
        doc: 'Where an order was placed: in our own app, at the counter of a cafe, or with a partner who passes it on.',
        symbols: ['app', 'counter', 'partner'],
      },
      doc: 'Where it was placed.',
    },
    {
      name: 'customer',
      type: {
        type: 'record',
        name: 'Customer',
        doc: 'Who ordered, and where it goes.',
        fields: [
          { name: 'name', type: 'string', doc: 'The name that is called out, or rung for.' },
          { name: 'address', type: 'string', doc: 'Where the courier delivers, in one line.' },
        ],
      },
      doc: 'Who ordered, and where it goes.',
    },
    {
      name: 'items',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'OrderItem',
          doc: 'One line of the order.',
          fields: [
            { name: 'sku', type: 'string', doc: 'The menu item.' },
            { name: 'name', type: 'string', doc: 'What the menu called it.' },
            {
              name: 'category',
              type: {
                type: 'enum',
                name: 'Category',
                doc: 'What the cafes make of it: a drink at the bar, or food from the counter.',
                symbols: ['drink', 'food'],
              },
              doc: 'Drink or food.',
            },
            { name: 'quantity', type: 'int', doc: 'How many, at least 1.' },
            {
              name: 'unitPrice',
              type: 'long',
              doc: "The price of one, in integer minor units of the order's currency.",
            },
            {
              name: 'preparationSeconds',
              type: 'int',
              doc: 'How long a barista needs for one, in seconds of life.',
            },
          ],
        },
      },
      doc: 'At least one line.',
    },
    { name: 'currency', type: 'string', doc: 'ISO 4217 code, such as EUR, of every amount in the order.' },
    {
      name: 'total',
      type: 'long',
      doc: 'The sum over all lines of quantity times unit price, in integer minor units of the currency.',
    },
    {
      name: 'placedAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When the order was accepted.',
    },
  ],
};

export const CancellationRequested: RecordSchema = {
  type: 'record',
  name: 'CancellationRequested',
  namespace: 'brew.orders.v2',
  doc: 'The customer wants to cancel an order that has been paid. The kitchen decides: it drops the ticket, or has already started.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    {
      name: 'requestedAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When the customer asked.',
    },
    {
      name: 'cafeId',
      type: ['null', 'string'],
      default: null,
      doc: 'The cafe that would make it, so that a kitchen that never heard of the order can drop its ticket. Null before version 2.',
    },
  ],
};

export const OrderCancelled: RecordSchema = {
  type: 'record',
  name: 'OrderCancelled',
  namespace: 'brew.orders.v2',
  doc: 'The order has ended without delivery. Its stock is released and what was paid is given back.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    {
      name: 'reason',
      type: {
        type: 'enum',
        name: 'CancellationReason',
        doc: 'Why an order was cancelled.',
        symbols: ['out_of_stock', 'payment_failed', 'payment_timeout', 'customer_request'],
      },
      doc: 'Why it was cancelled.',
    },
    {
      name: 'cancelledAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When it was cancelled.',
    },
  ],
};
