import { partitionOf } from '@brew/kafka';
import { abortTransaction, deleteRecords, openTransaction } from '@brew/kafka/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { collect } from '../../testing/collect.ts';
import { type Flow, flows, soundOrder } from '../testing/soundOrder.ts';
import { verify } from '../verify.ts';
import type { DatabaseName } from './book.ts';
import type { DatabaseBreach } from './result.ts';
import { createWorld, type World } from './testing/createWorld.ts';

const names = Object.keys(flows) as Flow[];

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
  'a row of an order that never was',
  'a shelf that is gone',
  'a shelf with more than there ever was',
];

const inWords = ({ set, sentences }: DatabaseBreach) => [set, ...sentences];

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

describe('verify --databases', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld(names);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  it('finds nothing where all is as the topics tell, and says what it has compared', async () => {
    const { sound, breaches, sets } = await world.find();
    expect(breaches).toEqual([]);
    expect(sound).toBe(true);
    const compared = Object.fromEntries(sets.map((set) => [set.set, set.compared]));
    expect(compared).toMatchObject({ orders: names.length, tickets: names.length, sales: 1, funnel: 9 });
    expect((await world.run()).text).toMatch(/^✔ orders +\d+ rows$/m);
  });

  it('leaves out what is new, and what waits to be published', async () => {
    const sql = world.databases.of('orders');
    const copied = (placedAt: string) =>
      `insert into orders (order_id, cafe_id, customer, items, total_amount, total_currency, status, payment_state,
         placed_at, payment_due_at, cause)
       select $1, cafe_id, customer, items, total_amount, total_currency, 'placed', 'none', ${placedAt}, payment_due_at, cause
       from orders where order_id = $2`;
    const [fresh, waiting] = [soundOrder('delivered', 0), soundOrder('not paid', 0)].map(
      ([first]) => first?.correlationId as string,
    );
    await sql.query(copied('placed_at'), [waiting, world.ids[0]]);
    expect((await world.find()).breaches).toMatchObject([{ set: 'orders', orderId: waiting }]);
    await sql.query(`insert into outbox (topic, key, headers) values ('t', $1, '{}')`, [waiting]);
    await sql.query(copied('now()'), [fresh, world.ids[0]]);
    expect((await world.find({ youngerThan: 60 })).breaches).toEqual([]);
    await sql.query('delete from orders where order_id = any($1)', [[waiting, fresh]]);
  });

  it('does not miss rows that may have been pruned', async () => {
    process.env.KEEP_DAYS = '1';
    const sql = world.databases.of('courier');
    await sql.query('begin; create table aside as table shipments; delete from shipments; commit');
    expect((await world.find()).breaches).toEqual([]);
    delete process.env.KEEP_DAYS;
    expect((await world.find()).breaches.length).toBeGreaterThan(0);
    const columns =
      'order_id, cafe_id, ready_at, courier_id, courier_name, assigned_at, due_at, delivered_at, cause_id';
    await sql.query(`insert into shipments (${columns}) select ${columns} from aside`);
  });

  it('finds what was counted in another hour, and a report that is empty', async () => {
    const sql = world.databases.of('analytics');
    await sql.query(`update sales_g1.by_hour set hour = hour - interval '1 day'`);
    await sql.query('create table aside as table latency_g1.durations; delete from latency_g1.durations');
    const { breaches } = await world.find();
    expect(breaches.map(inWords)).toEqual([
      [
        'sales',
        expect.stringMatching(/^cafe-007, EUR, \S+: 3 and 2520 by the report, nothing by the topics$/),
      ],
      [
        'sales',
        expect.stringMatching(/^cafe-007, EUR, \S+: nothing by the report, 3 and 2520 by the topics$/),
      ],
      ...['delivered', 'paid', 'ready', 'started'].map((stage) => [
        'latency',
        expect.stringMatching(
          new RegExp(`^${stage}, \\S+: nothing by the report, \\d+ and \\d+ by the topics$`),
        ),
      ]),
    ]);
    await sql.query(`update sales_g1.by_hour set hour = hour + interval '1 day'`);
    await sql.query('insert into latency_g1.durations table aside; drop table aside');
    expect((await world.find()).breaches).toEqual([]);
  });

  it('finds baristas who are gone, and what nobody makes or brings', async () => {
    const [kitchen, courier] = [world.databases.of('kitchen'), world.databases.of('courier')];
    const orderId = world.ids[names.indexOf('delivered')];
    await kitchen.query(
      `delete from slots; create table aside as select * from tickets where order_id = '${orderId}'`,
    );
    await kitchen.query('update tickets set ready_at = null where order_id = $1', [orderId]);
    await courier.query('update shipments set delivered_at = null where order_id = $1', [orderId]);
    const places = async () =>
      (await world.find()).breaches
        .filter(({ set }) => set === 'baristas' || set === 'couriers')
        .map(inWords);
    const unmade = 'is being prepared by barista 1 of cafe-007 by its ticket, and no barista has it';
    const gone = ['baristas', 'barista 1 of cafe-007 is gone, who has made orders there'];
    const uncarried = 'is on the way with courier-007 by its shipment, and no courier has it';
    expect(await places()).toEqual([['baristas', unmade], gone, ['couriers', uncarried]]);

    // What a worker has set aside nobody has in hand.
    for (const [sql, worker] of [
      [kitchen, 'line'],
      [courier, 'dispatcher'],
    ] as const)
      await sql.query(`insert into stuck_items (worker, item, error) values ($1, $2, 'x')`, [
        worker,
        orderId,
      ]);
    expect(await places()).toEqual([gone]);

    await kitchen.query(`insert into slots values ('cafe-007', 1); delete from stuck_items`);
    await courier.query('delete from stuck_items');
    await kitchen.query(
      'update tickets set ready_at = aside.ready_at from aside where tickets.order_id = aside.order_id',
    );
    await courier.query(
      `update shipments set delivered_at = assigned_at + interval '1 millisecond' where order_id = $1`,
      [orderId],
    );
    expect((await world.find()).breaches).toEqual([]);
  });

  it('says of how many shelves it can not tell, since a release before filled them', async () => {
    const sql = world.databases.of('catalog');
    await sql.query(`update stock set delivered = null, available = 3 where cafe_id = 'cafe-080'`);
    const { text, sound } = await world.run();
    expect(text).toMatch(/^✔ shelves +80 shelves \(1 of 80 not checked wholly\)$/m);
    expect(sound).toBe(true);
    await sql.query(`update stock set delivered = 1000, available = 1000 where cafe_id = 'cafe-080'`);
  });

  it('misses nothing on a shelf when reservations are deleted for their age', async () => {
    const sql = world.databases.of('catalog');
    await sql.query('create table aside as table reservations; delete from reservations');
    const sets = (await world.find()).breaches.map(({ set }) => set);
    expect([...new Set(sets)]).toEqual(['reservations']);
    await sql.query('insert into reservations table aside; delete from forgotten_reservations');
    expect((await world.find()).breaches).toEqual([]);
  });

  it('refuses to follow', async () => {
    await expect(world.run({ follow: true })).rejects.toThrow(/Take one of --databases and --follow/);
  });

  it('refuses to begin when PostgreSQL does not answer', async () => {
    const { io } = collect();
    const where = { ...world.where, databaseUrl: () => 'postgresql://postgres:x@127.0.0.1:1/postgres' };
    await expect(
      verify({ databases: true, youngerThan: 0 }, where, io, new AbortController().signal, world.topics),
    ).rejects.toThrow(
      /The database orders can not be read from PostgreSQL at 127\.0\.0\.1:1: .*See what runs/,
    );
  });

  it('refuses to begin when a service has never run', async () => {
    const { io } = collect();
    const where = { ...world.where, databaseUrl: () => infrastructure().postgresUrl };
    await expect(
      verify({ databases: true, youngerThan: 0 }, where, io, new AbortController().signal, world.topics),
    ).rejects.toThrow(/The database orders can not be read .*: it has no table orders yet\. See/);
  });

  it('counts only what was in the reports when they were looked at', async () => {
    const sql = world.databases.of('analytics');
    for (const schema of ['sales_g1', 'funnel_g1', 'top_drinks_g1', 'latency_g1'])
      await sql.query(`update ${schema}.positions set next_offset = 0`);
    await sql.query(
      'delete from sales_g1.by_hour; delete from funnel_g1.counts; delete from top_drinks_g1.counts; delete from latency_g1.durations',
    );
    expect((await world.find()).breaches).toEqual([]);
  });

  it('says of how many rows it can not tell when one topic was emptied, and goes on with the others', async () => {
    const kitchen = [...world.topics].find(([, { events }]) => events.includes('OrderReady'));
    await deleteRecords(kitchen?.[0] ?? '');
    const { sound, text } = await world.run();
    expect(text).toMatch(/^✔ tickets +9 rows \(5 of 9 not checked wholly\)$/m);
    expect(text).toMatch(/^✔ orders +9 rows \(4 of 9 not checked wholly\)$/m);
    expect(sound).toBe(true);

    const orderId = world.ids[names.indexOf('delivered')];
    await world.databases.of('psp').query(
      `insert into payments select 'pay-9', 'key', order_id, 5, 'EUR', 'succeeded', null, settles_at
       from payments where order_id = $1`,
      [orderId],
    );
    await world.databases
      .of('kitchen')
      .query(`insert into tickets (order_id, placed_at) values ('nobody', now() - interval '1 hour')`);
    expect((await world.find()).breaches).toMatchObject([
      { set: 'payments', orderId },
      { set: 'tickets', orderId: 'nobody', sentences: ['has a row, and no event'] },
    ]);
    await world.databases.of('psp').query(`delete from payments where payment_id = 'pay-9'`);
    await world.databases.of('kitchen').query(`delete from tickets where order_id = 'nobody'`);
  });

  it('misses nothing of what retention has taken, and compares no reports then', async () => {
    for (const topic of world.topics.keys()) await deleteRecords(topic);
    const { sound, text } = await world.run();
    expect(text).toMatch(
      /^- sales +not compared: the topics no longer hold all that is in it; npx brew replay check analytics compares the hours that they do hold$/m,
    );
    expect(text).toMatch(/^✔ orders +9 rows \(9 older than the topics\)$/m);
    expect(sound).toBe(true);
  });

  it('tells of what is paid and hangs, whatever the topics hold, after the time that --younger-than gives', async () => {
    const orderId = world.ids[names.indexOf('delivered')];
    await world.databases
      .of('orders')
      .query(
        `update orders set status = 'ready', under_way_since = now() - interval '2 hours 3 minutes' where order_id = $1`,
        [orderId],
      );
    const { sound, breaches } = await world.find();
    expect(sound).toBe(false);
    const sentences = ['has been paid for 2 h 03 min, and has not ended (ready): npx brew overdue'];
    expect(breaches).toEqual([{ set: 'orders', orderId, sentences, events: [] }]);
    expect((await world.find({ youngerThan: 8_000 })).breaches).toEqual([]);
    await world.databases
      .of('orders')
      .query(`update orders set under_way_since = now() - interval '59 minutes' where order_id = $1`, [
        orderId,
      ]);
    expect((await world.find()).breaches).toEqual([]);
  });

  it('says so when there is no report yet', async () => {
    await world.databases.of('analytics').query(`update generations set state = 'old'`);
    const { sound, text } = await world.run();
    expect(text).toMatch(/^- sales +not compared: there is no live report yet$/m);
    expect(sound).toBe(true);
  });
});

describe('verify --databases ends with a report', () => {
  let world: World;
  let orderId: string;
  beforeAll(async () => {
    world = await createWorld(names);
    orderId = world.ids[0] as string;
    await world.databases
      .of('kitchen')
      .query(`update tickets set started_at = started_at + interval '1 second' where order_id = $1`, [
        orderId,
      ]);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  const sentences = [expect.stringMatching(/^has KitchenStarted of \S+, and its ticket says \S+$/)];

  it('although what comes last in partitions was aborted', async () => {
    for (const topic of world.topics.keys()) await abortTransaction(topic);
    expect((await world.find()).breaches).toEqual([
      expect.objectContaining({ set: 'tickets', orderId, sentences }),
    ]);
  });

  it('while somebody has a table locked: it is told, and all others are compared', async () => {
    const courier = world.databases.of('courier');
    const { breaches, sets } = await courier.transaction(async (tx) => {
      await tx.query('set local idle_in_transaction_session_timeout = 0');
      await tx.query('lock table shipments in access exclusive mode');
      return world.find();
    });
    const why = expect.stringMatching(/^not compared: .*timeout\. See what runs: npx brew status$/);
    expect(breaches.map(inWords)).toEqual([
      ['tickets', ...sentences],
      ['shipments', why],
      ['places', why],
    ]);
    expect(sets.find(({ set }) => set === 'tickets')?.compared).toBeGreaterThan(0);
  });

  it('without the registry: says what it could not read, and takes no row for one too many', async () => {
    const { io, lines } = collect();
    const where = { ...world.where, registryUrl: 'http://127.0.0.1:1' };
    const options = { databases: true, json: true, youngerThan: 0 };
    const { signal } = new AbortController();
    expect(await verify(options, where, io, signal, world.topics, 1_000)).toBe(false);
    const report = JSON.parse(lines.join('\n')) as { databaseBreaches: DatabaseBreach[] };
    const why = 'not compared: not all that is in it could be read';
    expect(report.databaseBreaches.map(inWords)).toEqual(
      ['sales', 'funnel', 'top drinks', 'latency'].map((set) => [set, why]),
    );
  });

  it('while a transaction is open: names it, and goes on with all that it does not keep back', async () => {
    const [kitchen] = [...world.topics].find(([, { events }]) => events.includes('OrderReady')) ?? [];
    const own = partitionOf(orderId, 6);
    const transaction = await openTransaction(kitchen as string, [(own + 1) % 6]);
    const { sound, text } = await world.run({}, 2_000);
    expect(sound).toBe(false);
    expect(text).toContain(`✖ readable: ${kitchen}, partition ${(own + 1) % 6}, offsets `);
    expect(text).toContain(`✖ tickets: order ${orderId} `);
    expect(text).toMatch(/^- sales +not compared: not all that is in it could be read$/m);
    await transaction.abort();
  });
});

it('takes no time of the future for an excuse', async () => {
  // The delivery is told by a clock that is 20 h ahead.
  await using world = await createWorld(
    ['delivered', 'cancelled after paying'],
    ({ type, time, ...event }) => ({
      ...{ ...event, type },
      time: type.name === 'OrderDelivered' ? new Date(Date.now() + 20 * 3_600_000) : time,
    }),
  );
  const kitchen = world.databases.of('kitchen');
  await kitchen.query('update tickets set slot = 9 where slot is not null');
  await kitchen.query(`insert into tickets (order_id, placed_at) values ('phantom', '2100-01-01')`);
  const { breaches, sets } = await world.find({ youngerThan: 60 });
  expect(breaches).toMatchObject([
    { set: 'tickets', orderId: world.ids[0], sentences: [expect.stringContaining('its ticket says 9')] },
    { set: 'tickets', orderId: 'phantom', sentences: ['has a row, and no event'] },
    { set: 'baristas', sentences: ['barista 9 of cafe-007 is gone, who has made orders there'] },
  ]);
  expect(sets.every(({ young }) => young === 0)).toBe(true);
});
