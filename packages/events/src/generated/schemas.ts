// Generated from schemas/ by scripts/generate.ts. Change the .avsc files, then: npm run generate

import type { RecordSchema } from '../avroSchema.ts';

export const OrderPlaced: RecordSchema = {
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
    {
      name: 'channel',
      type: {
        type: 'enum',
        name: 'Channel',
        doc: 'Where an order was placed: in our own app, at the counter of a cafe, or with a partner who passes it on.',
        symbols: ['app', 'counter', 'partner'],
      },
      default: 'app',
      doc: 'Where it was placed. Orders from before this was told count as placed in the app.',
    },
  ],
};

export const CancellationRequested: RecordSchema = {
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
  namespace: 'brew.orders.v1',
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

export const PaymentReceived: RecordSchema = {
  type: 'record',
  name: 'PaymentReceived',
  namespace: 'brew.payments.v1',
  doc: 'The order is paid and goes ahead. From here on the kitchen decides about a cancellation.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    { name: 'paymentId', type: 'string', doc: 'The payment, as the payment provider names it.' },
    {
      name: 'amount',
      type: {
        type: 'record',
        name: 'Money',
        doc: 'An amount of money, exact: never a fraction of a minor unit.',
        fields: [
          { name: 'amount', type: 'long', doc: 'Integer minor units of the currency (cents for EUR).' },
          { name: 'currency', type: 'string', doc: 'ISO 4217 code, such as EUR.' },
        ],
      },
      doc: 'What was paid.',
    },
    {
      name: 'receivedAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When order-service learned of it.',
    },
  ],
};

export const PaymentFailed: RecordSchema = {
  type: 'record',
  name: 'PaymentFailed',
  namespace: 'brew.payments.v1',
  doc: 'The payment was declined: the order is cancelled.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    { name: 'paymentId', type: 'string', doc: 'The payment, as the payment provider names it.' },
    { name: 'reason', type: 'string', doc: 'What the payment provider says, for people to read.' },
    {
      name: 'failedAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When order-service learned of it.',
    },
  ],
};

export const PaymentRefunded: RecordSchema = {
  type: 'record',
  name: 'PaymentRefunded',
  namespace: 'brew.payments.v1',
  doc: 'What was paid for a cancelled order has been given back.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    { name: 'paymentId', type: 'string', doc: 'The payment that is given back.' },
    { name: 'refundId', type: 'string', doc: 'The refund, as the payment provider names it.' },
    {
      name: 'amount',
      type: {
        type: 'record',
        name: 'Money',
        doc: 'An amount of money, exact: never a fraction of a minor unit.',
        fields: [
          { name: 'amount', type: 'long', doc: 'Integer minor units of the currency (cents for EUR).' },
          { name: 'currency', type: 'string', doc: 'ISO 4217 code, such as EUR.' },
        ],
      },
      doc: 'What was given back.',
    },
    {
      name: 'refundedAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When the payment provider confirmed it.',
    },
  ],
};

export const KitchenStarted: RecordSchema = {
  type: 'record',
  name: 'KitchenStarted',
  namespace: 'brew.kitchen.v1',
  doc: 'A barista has begun: from now on it is too late to cancel.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    { name: 'cafeId', type: 'string', doc: 'The cafe that makes it.' },
    { name: 'slot', type: 'int', doc: "Which of the cafe's baristas makes it, counted from 1." },
    {
      name: 'startedAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When the barista began.',
    },
    {
      name: 'expectedReadyAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When everything should be ready.',
    },
  ],
};

export const OrderReady: RecordSchema = {
  type: 'record',
  name: 'OrderReady',
  namespace: 'brew.kitchen.v1',
  doc: 'Everything is made and waits for a courier.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    { name: 'cafeId', type: 'string', doc: 'Where the courier picks it up.' },
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
      name: 'readyAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When the last item was ready.',
    },
  ],
};

export const TicketDropped: RecordSchema = {
  type: 'record',
  name: 'TicketDropped',
  namespace: 'brew.kitchen.v1',
  doc: 'The kitchen had not started yet and takes the order off its list, as the customer asked.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    { name: 'cafeId', type: 'string', doc: 'The cafe that would have made it.' },
    {
      name: 'droppedAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When the ticket was dropped.',
    },
  ],
};

export const CourierAssigned: RecordSchema = {
  type: 'record',
  name: 'CourierAssigned',
  namespace: 'brew.shipments.v1',
  doc: 'A courier is on the way with the order.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    { name: 'courierId', type: 'string', doc: 'The courier, such as courier-007.' },
    { name: 'courierName', type: 'string', doc: 'What the customer calls the courier.' },
    {
      name: 'assignedAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When the courier took the order.',
    },
    {
      name: 'expectedDeliveryAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When the courier should be at the door.',
    },
  ],
};

export const OrderDelivered: RecordSchema = {
  type: 'record',
  name: 'OrderDelivered',
  namespace: 'brew.shipments.v1',
  doc: 'The customer has the order. The courier is free again.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    { name: 'courierId', type: 'string', doc: 'The courier, such as courier-007.' },
    {
      name: 'deliveredAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When it was handed over.',
    },
  ],
};

export const StockReserved: RecordSchema = {
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
            {
              name: 'remaining',
              type: ['null', 'int'],
              default: null,
              doc: 'How many the cafe has for other orders right after this one: never below 0. null when it no longer sells the item, and in events from before this was told.',
            },
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
};

export const StockRejected: RecordSchema = {
  type: 'record',
  name: 'StockRejected',
  namespace: 'brew.stock.v1',
  doc: 'The cafe cannot make the order. Nothing is reserved: it is all or nothing.',
  fields: [
    { name: 'orderId', type: 'string', doc: 'The order, a UUIDv7: the key of the record.' },
    { name: 'cafeId', type: 'string', doc: 'The cafe that lacks it.' },
    {
      name: 'missing',
      type: {
        type: 'array',
        items: {
          type: 'record',
          name: 'MissingItem',
          doc: 'A menu item of which there is not enough.',
          fields: [
            { name: 'sku', type: 'string', doc: 'The menu item.' },
            { name: 'requested', type: 'int', doc: 'How many the order needs.' },
            { name: 'available', type: 'int', doc: 'How many the cafe has.' },
          ],
        },
      },
      doc: 'What is missing, one entry per menu item.',
    },
    {
      name: 'rejectedAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When it was rejected.',
    },
  ],
};

export const StockReleased: RecordSchema = {
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
            {
              name: 'remaining',
              type: ['null', 'int'],
              default: null,
              doc: 'How many the cafe has for other orders right after this one: never below 0. null when it no longer sells the item, and in events from before this was told.',
            },
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
};

export const MenuItemChanged: RecordSchema = {
  type: 'record',
  name: 'MenuItemChanged',
  namespace: 'brew.menu.v1',
  doc: 'A menu item as it now is: the newest record of a sku is the truth, and a tombstone takes the item off the menu.',
  fields: [
    { name: 'sku', type: 'string', doc: 'The menu item: the key of the record.' },
    { name: 'name', type: 'string', doc: 'What the menu calls it.' },
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
    {
      name: 'price',
      type: {
        type: 'record',
        name: 'Money',
        doc: 'An amount of money, exact: never a fraction of a minor unit.',
        fields: [
          { name: 'amount', type: 'long', doc: 'Integer minor units of the currency (cents for EUR).' },
          { name: 'currency', type: 'string', doc: 'ISO 4217 code, such as EUR.' },
        ],
      },
      doc: 'The price of one.',
    },
    { name: 'preparationSeconds', type: 'int', doc: 'How long a barista needs for one, in seconds of life.' },
    {
      name: 'changedAt',
      type: { type: 'long', logicalType: 'timestamp-millis' },
      doc: 'When staff changed it.',
    },
  ],
};
