import { deleteRecords } from '@brew/kafka/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { collect } from '../../testing/collect.ts';
import { type Flow, flows, soundOrder } from '../testing/soundOrder.ts';
import { verify } from '../verify.ts';
import { createWorld, inWords, type World } from './testing/createWorld.ts';

const names = Object.keys(flows) as Flow[];

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

  it('tells of what is paid and can not be made, because what the kitchen has not read is deleted', async () => {
    const orderId = world.ids[names.indexOf('delivered')];
    const change = (name: 'orders' | 'kitchen', sql: string) =>
      world.databases.of(name).query(sql, [orderId]);
    await change(
      'orders',
      `update orders set status = 'paid', under_way_since = now() - interval '2 minutes' where order_id = $1`,
    );
    // Deleted above are the events; the kitchen has its ticket.
    expect((await world.find({ youngerThan: 120 })).breaches).toEqual([]);
    await change('kitchen', 'update tickets set placed_at = null where order_id = $1');
    const sentence =
      /^has been paid for \d+ min \d\d s, and nobody will make it: the kitchen lacks an event that the topics do not hold any more\. After 1 h 00 min: npx brew overdue$/;
    expect((await world.find({ youngerThan: 120 })).breaches).toEqual([
      { set: 'orders', orderId, sentences: [expect.stringMatching(sentence)], events: [] },
    ]);
    // It is on its way to the topics.
    await change(
      'orders',
      `insert into outbox (topic, key, value, headers) values ('brew.orders.v1', $1, '', '{}')`,
    );
    expect((await world.find({ youngerThan: 120 })).breaches).toEqual([]);
    await change('orders', 'delete from outbox where key = $1');
    expect((await world.find({ youngerThan: 1_800 })).breaches).toEqual([]);
    await change(
      'orders',
      `update orders set status = 'delivered', under_way_since = null where order_id = $1`,
    );
  });

  it('says so when there is no report yet', async () => {
    await world.databases.of('analytics').query(`update generations set state = 'old'`);
    const { sound, text } = await world.run();
    expect(text).toMatch(/^- sales +not compared: there is no live report yet$/m);
    expect(sound).toBe(true);
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
