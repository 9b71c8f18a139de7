import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Flow, flows } from '../testing/soundOrder.ts';
import type { DatabaseName } from './book.ts';
import { createWorld, type World } from './testing/createWorld.ts';

const planted: [what: string, DatabaseName, sql: string, set: string, flow: Flow, sentence: RegExp][] = [
  [
    'an order’s row deleted',
    'orders',
    'delete from orders where order_id = $1',
    'orders',
    'delivered',
    /^has no row$/,
  ],
  [
    'a total changed',
    'orders',
    'update orders set total_amount = 940 where order_id = $1',
    'orders',
    'delivered',
    /^cost 8\.40 EUR, and its row says 9\.40 EUR$/,
  ],
  [
    'items changed',
    'orders',
    `update orders set items = jsonb_set(items, '{0,quantity}', '3') where order_id = $1`,
    'orders',
    'delivered',
    /^was placed with other items than its row says \(3 Caffè Latte\)$/,
  ],
  [
    'a customer changed',
    'orders',
    `update orders set customer = jsonb_set(customer, '{name}', '"Eve"') where order_id = $1`,
    'orders',
    'delivered',
    /^was placed with another name or address than its row says$/,
  ],
  [
    'a status set back',
    'orders',
    `update orders set status = 'ready' where order_id = $1`,
    'orders',
    'delivered',
    /^is delivered by its events, and ready by its row$/,
  ],
  [
    'another reason',
    'orders',
    `update orders set cancel_reason = 'out_of_stock' where order_id = $1`,
    'orders',
    'cancelled after paying',
    /^was cancelled for customer_request, and its row says out_of_stock$/,
  ],
  [
    'a refund gone from the row',
    'orders',
    `update orders set payment_state = 'refunding', refund_id = null where order_id = $1`,
    'orders',
    'cancelled after paying',
    /^was given back 8\.40 EUR, and its row knows of no such refund$/,
  ],
  [
    'another payment forgotten',
    'orders',
    `update orders set other_payments = '[]' where order_id = $1`,
    'orders',
    'paid twice',
    /^was given back 0\.01 USD, and its row knows of no such refund$/,
  ],
  [
    'another payment that was not given back',
    'orders',
    `update orders set other_payments = '[{"paymentId":"zz","amount":{"amount":5,"currency":"EUR"}}]' where order_id = $1`,
    'orders',
    'delivered',
    /^does not go ahead with 0\.05 EUR \(zz\) by its row, and has not given it back$/,
  ],
  [
    'a refund gone at the provider',
    'psp',
    'delete from refunds using payments where refunds.payment_id = payments.payment_id and order_id = $1',
    'payments',
    'cancelled after paying',
    /^was given back 8\.40 EUR, and the provider has no such refund$/,
  ],
  [
    'money that was taken and not told of',
    'psp',
    `insert into payments select 'pay-9', 'key', order_id, 5, 'EUR', 'succeeded', null, settles_at from payments where order_id = $1`,
    'payments',
    'delivered',
    /^was paid with 0\.05 EUR \(pay-9\), which was neither received nor given back$/,
  ],
  [
    'payments gone at the provider',
    'psp',
    'delete from payments where order_id = $1',
    'payments',
    'delivered',
    /^has PaymentReceived of 8\.40 EUR, and the provider knows of no payment$/,
  ],
  [
    'fewer reserved',
    'catalog',
    `update reservations set items = '[{"sku": "latte", "quantity": 1}]' where order_id = $1`,
    'reservations',
    'delivered',
    /^had 2 latte at cafe-007 reserved, and its reservation says 1 latte at cafe-007$/,
  ],
  [
    'a ticket missing',
    'kitchen',
    'delete from tickets where order_id = $1',
    'tickets',
    'delivered',
    /^has OrderPlaced, and no ticket$/,
  ],
  [
    'a ticket with nothing on it',
    'kitchen',
    `update tickets set items = '[]' where order_id = $1`,
    'tickets',
    'delivered',
    /^was placed with other items than its ticket says \(none\)$/,
  ],
  [
    'a payment that the kitchen never heard of',
    'kitchen',
    'update tickets set paid_at = null where order_id = $1',
    'tickets',
    'delivered',
    /^has PaymentReceived, and its ticket is not paid$/,
  ],
  [
    'a barista with what is ready',
    'kitchen',
    `update slots set order_id = $1`,
    'baristas',
    'delivered',
    /^is with barista 1 of cafe-007, and its ticket is ready$/,
  ],
  [
    'a shipment of another courier',
    'courier',
    `with another as (insert into couriers values ('courier-008', 'Lou', true, null, 0, now()) returning courier_id)
     update shipments set courier_id = another.courier_id from another where order_id = $1`,
    'shipments',
    'delivered',
    /^was given to courier-007, and its shipment says courier-008$/,
  ],
  [
    'a courier with what is delivered',
    'courier',
    `insert into couriers values ('courier-009', 'Sam', true, $1, 0, now())`,
    'couriers',
    'delivered',
    /^is with courier-009, and its shipment is delivered$/,
  ],
  [
    'a sale changed',
    'analytics',
    `update sales_g1.by_hour set amount = amount + 1 where $1 <> ''`,
    'sales',
    'delivered',
    /^cafe-007, EUR, \S+: \d+ and \d+ by the report, \d+ and \d+ by the topics$/,
  ],
  [
    'a row of an order that never was',
    'kitchen',
    `insert into tickets (order_id, placed_at) select 'nobody-' || $1, now() - interval '1 hour'`,
    'tickets',
    'delivered',
    /^has a row, and no event$/,
  ],
  [
    'a dead letter that waits',
    'kitchen',
    `insert into letters (dlq_partition, dlq_offset, parked_at, reason, key, header_names, header_values, record_timestamp,
       type, value_bytes, bytes, content)
     values (0, 0, now(), 'failed', convert_to($1, 'UTF8'), '{}', '{}', 0, 'brew.payments.v1.PaymentReceived', 0, 0, '')`,
    'letters of kitchen',
    'delivered',
    /^has PaymentReceived that waits in the dead letters \(failed\): npx brew dlq show kitchen 1$/,
  ],
  [
    'the state of a payment that never was',
    'orders',
    `update orders set payment_state = 'failed' where order_id = $1`,
    'orders',
    'not paid',
    /^has a payment that is none by its events, and failed by its row$/,
  ],
  [
    'a time changed',
    'orders',
    `update orders set delivered_at = delivered_at - interval '1 hour' where order_id = $1`,
    'orders',
    'delivered',
    /^has OrderDelivered of \S+, and its row says \S+$/,
  ],
  [
    'a channel changed',
    'orders',
    `update orders set channel = 'counter' where order_id = $1`,
    'orders',
    'delivered',
    /^was not placed by counter, as its row says$/,
  ],
  [
    'more taken by a second payment than was given back',
    'psp',
    `update payments set amount = 500 where order_id = $1 and amount = 1`,
    'payments',
    'paid twice',
    /^was paid with 5\.00 USD \(pay-2\S*\) by the provider, which has given back 0\.01 USD$/,
  ],
  [
    'a ticket that was ready later',
    'kitchen',
    `update tickets set ready_at = ready_at + interval '1 second' where order_id = $1`,
    'tickets',
    'delivered',
    /^has OrderReady of \S+, and its ticket says \S+$/,
  ],
  [
    'a delivery at another time',
    'courier',
    `update shipments set delivered_at = delivered_at - interval '1 second' where order_id = $1`,
    'shipments',
    'delivered',
    /^has OrderDelivered of \S+, and its shipment says \S+$/,
  ],
  [
    'a delivery that took longer',
    'analytics',
    `update latency_g1.durations set ms = ms + 1000 where stage = 'delivered' and $1 <> ''`,
    'latency',
    'delivered',
    /^delivered, \S+: \d+ and \d+ by the report, \d+ and \d+ by the topics$/,
  ],
  [
    'a courier of another name',
    'courier',
    `update shipments set courier_name = 'Eve' where order_id = $1`,
    'shipments',
    'delivered',
    /^is with Eve by its shipment, and courier-007 is Kim$/,
  ],
  [
    'a shelf that is gone',
    'catalog',
    `delete from stock where cafe_id = 'cafe-009' and $1 <> ''`,
    'shelves',
    'delivered',
    /^latte of cafe-009, which has no shelf$/,
  ],
  [
    'a shelf with more than there ever was',
    'catalog',
    `update stock set available = 999999 where cafe_id = 'cafe-008' and $1 <> ''`,
    'shelves',
    'delivered',
    /^latte of cafe-008, which has 999,999: 1,000 came, and 0 of them are reserved or sold$/,
  ],
  // The last order: it is the last to change the shelf.
  [
    'a shelf at −7',
    'catalog',
    `alter table stock drop constraint stock_available_check;
     update stock set available = -7 where cafe_id = 'cafe-007' and $1 <> ''`,
    'shelves',
    'delivered',
    /^was the last to change latte of cafe-007, which has -7: 1,000 came, and \d+ of them are reserved or sold$/,
  ],
];

const ofNoOrder = [
  'a sale changed',
  'a delivery that took longer',
  'a row of an order that never was',
  'a shelf that is gone',
  'a shelf with more than there ever was',
];

describe('verify --databases finds', () => {
  let world: World;
  let found: Awaited<ReturnType<World['find']>>;
  let text: string;

  beforeAll(async () => {
    world = await createWorld(planted.map(([, , , , flow]) => flow));
    for (const [index, [, database, sql]] of planted.entries())
      await world.databases.of(database).query(sql.replaceAll('$1', `'${world.ids[index]}'`));
    found = await world.find();
    ({ text } = await world.run());
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  it.each(planted)('%s', (what, _database, _sql, set, flow, sentence) => {
    const isOf = (breach: (typeof found.breaches)[number]) =>
      breach.set === set && breach.sentences.some((each) => sentence.test(each));
    const breach = found.breaches.find(isOf);
    expect(breach).toBeDefined();
    if (ofNoOrder.includes(what)) return;
    const index = planted.findIndex(([other]) => other === what);
    expect(breach?.orderId).toBe(world.ids[index]);
    expect(breach?.events.map(({ type }) => type).toSorted()).toEqual(
      flows[flow].map(({ name }) => name).toSorted(),
    );
  });

  it('nothing else, and says in words how many of each set', () => {
    const expected = planted.map(([, , , set]) => set);
    expect(found.breaches.map(({ set }) => set).toSorted()).toEqual(expected.toSorted());
    expect(found.sound).toBe(false);
    const count = expected.filter((set) => set === 'orders').length;
    expect(text).toMatch(new RegExp(`^✖ orders +\\d+ rows: ${count} breaches$`, 'm'));
    expect(text).toMatch(/^✖ shelves: order \S+ was the last to change/m);
    expect(text).toMatch(/^✔ funnel /m);
  });
});
