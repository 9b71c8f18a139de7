// Generated from schemas/ by scripts/generate.ts. Change the .avsc files, then: npm run generate

import type { RecordSchema } from '../avroSchema.ts';

/** What was released before of an event, oldest first, by its full name. */
export const olderSchemas: ReadonlyMap<string, readonly RecordSchema[]> = new Map([
  [
    'brew.orders.v1.OrderPlaced',
    [
      {
        type: 'record',
        name: 'OrderPlaced',
        namespace: 'brew.orders.v1',
        doc: 'A customer has placed an order. Names, prices and preparation times are those of the moment: a later change of the menu does not touch the order.',
        fields: [
          { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
          { name: 'cafeId', type: 'string', doc: 'The cafe that makes it.' },
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
                    type: {
                      type: 'record',
                      name: 'Money',
                      doc: 'An amount of money, exact: never a fraction of a minor unit.',
                      fields: [
                        {
                          name: 'amount',
                          type: 'long',
                          doc: 'Integer minor units of the currency (cents for EUR).',
                        },
                        { name: 'currency', type: 'string', doc: 'ISO 4217 code, such as EUR.' },
                      ],
                    },
                    doc: 'The price of one.',
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
          { name: 'total', type: 'Money', doc: 'The sum over all lines of quantity times unit price.' },
          {
            name: 'placedAt',
            type: { type: 'long', logicalType: 'timestamp-millis' },
            doc: 'When the order was accepted.',
          },
        ],
      },
    ],
  ],
  [
    'brew.orders.v1.CancellationRequested',
    [
      {
        type: 'record',
        name: 'CancellationRequested',
        namespace: 'brew.orders.v1',
        doc: 'The customer wants to cancel an order that has been paid. The kitchen decides: it drops the ticket, or has already started.',
        fields: [
          { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
          {
            name: 'requestedAt',
            type: { type: 'long', logicalType: 'timestamp-millis' },
            doc: 'When the customer asked.',
          },
        ],
      },
    ],
  ],
  [
    'brew.stock.v1.StockReserved',
    [
      {
        type: 'record',
        name: 'StockReserved',
        namespace: 'brew.stock.v1',
        doc: 'Everything in the order is in stock at the cafe and kept for it: payment can begin.',
        fields: [
          { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
          { name: 'cafeId', type: 'string', doc: 'The cafe that keeps it.' },
          {
            name: 'items',
            type: {
              type: 'array',
              items: {
                type: 'record',
                name: 'StockItem',
                doc: 'An amount of one menu item.',
                fields: [
                  { name: 'sku', type: 'string', doc: 'The menu item.' },
                  { name: 'quantity', type: 'int', doc: 'How many, at least 1.' },
                ],
              },
            },
            doc: 'What is kept, one entry per menu item.',
          },
          {
            name: 'reservedAt',
            type: { type: 'long', logicalType: 'timestamp-millis' },
            doc: 'When it was reserved.',
          },
        ],
      },
    ],
  ],
  [
    'brew.stock.v1.StockReleased',
    [
      {
        type: 'record',
        name: 'StockReleased',
        namespace: 'brew.stock.v1',
        doc: 'The order was cancelled: what was kept for it can be sold again.',
        fields: [
          { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
          { name: 'cafeId', type: 'string', doc: 'The cafe that kept it.' },
          {
            name: 'items',
            type: {
              type: 'array',
              items: {
                type: 'record',
                name: 'StockItem',
                doc: 'An amount of one menu item.',
                fields: [
                  { name: 'sku', type: 'string', doc: 'The menu item.' },
                  { name: 'quantity', type: 'int', doc: 'How many, at least 1.' },
                ],
              },
            },
            doc: 'What is free again, one entry per menu item.',
          },
          {
            name: 'releasedAt',
            type: { type: 'long', logicalType: 'timestamp-millis' },
            doc: 'When it was released.',
          },
        ],
      },
    ],
  ],
  [
    'brew.orders.v2.CancellationRequested',
    [
      {
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
        ],
      },
    ],
  ],
]);
