import {
  type EventType,
  KitchenStarted,
  OrderCancelled,
  OrderDelivered,
  OrderPlaced,
  OrderReady,
  PaymentReceived,
  uuidv7,
} from '@brew/events';
import { createProducer, type OutgoingRecord } from '@brew/kafka';
import { runKafkaTool } from '@brew/sandbox';
import { infrastructure, until } from '@brew/sandbox/testing';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BuildSupersededError } from '../errors.ts';
import { projections } from '../projections/index.ts';
import { liveGenerations } from '../projector/fed.ts';
import { PLACED_AT, placed } from '../testing/orders.ts';
import { type Session, useRig } from '../testing/rig.ts';

const MINUTE_MS = 60_000;

describe('reading topics into tables', () => {
  const rig = useRig();

  const place = (orderId: string, cafeId = 'cafe-001') =>
    rig.record(OrderPlaced, placed(orderId, { cafeId }));
  const deliver = (orderId: string, minutes = 5) =>
    rig.record(OrderDelivered, {
      orderId,
      courierId: 'courier-001',
      deliveredAt: PLACED_AT + minutes * MINUTE_MS,
    });
  const poison = (of: OutgoingRecord, value: string | Buffer) => ({ ...of, value: Buffer.from(value) });

  /** What becomes of three orders. */
  const lives = () => [
    ...['a', 'b', 'c'].map((orderId, index) => place(orderId, `cafe-00${index % 2}`)),
    rig.record(PaymentReceived, {
      orderId: 'a',
      paymentId: 'p',
      amount: { amount: 420, currency: 'EUR' },
      receivedAt: PLACED_AT + 1_000,
    }),
    rig.record(KitchenStarted, {
      ...{ orderId: 'a', cafeId: 'cafe-000', slot: 1 },
      ...{ startedAt: PLACED_AT + MINUTE_MS, expectedReadyAt: PLACED_AT + 2 * MINUTE_MS },
    }),
    rig.record(OrderReady, { ...placed('a'), readyAt: PLACED_AT + 2 * MINUTE_MS }),
    deliver('a', 3),
    deliver('b', 63),
    rig.record(OrderCancelled, { orderId: 'c', reason: 'payment_failed', cancelledAt: PLACED_AT }),
  ];

  it('counts what comes again once, also after a restart and whatever happened between', async () => {
    await rig.send(...lives());
    await rig.project();
    const once = await rig.reports();
    expect(once.funnel).toMatchObject({ placed: 3, paid: 1, delivered: 2 });

    // Read by another build, to which what was stored is all that is left.
    await rig.send(...lives(), place('d'), deliver('a', 600), ...lives());
    await rig.project();
    expect(await rig.reports()).toMatchObject({
      ...once,
      funnel: { ...once.funnel, placed: 4 },
      drinks: [{ sku: 'latte', quantity: 4, orders: 4 }],
      latency: { delivered: once.latency.delivered },
    });
  });

  it('reports the same however events are ordered, repeated and cut into readings', async () => {
    await rig.send(...lives());
    await rig.project();
    const expected = await rig.reports();

    const length = lives().length;
    const scrambled = fc.tuple(
      fc.shuffledSubarray([...Array(length).keys()], { minLength: length }),
      fc.array(fc.nat({ max: length - 1 }), { maxLength: 8 }),
      fc.integer({ min: 1, max: length }),
    );
    await fc.assert(
      fc.asyncProperty(scrambled, async ([order, repeated, size]) => {
        await rig.begin();
        const all = lives();
        const stream = [...order, ...repeated].flatMap((index) => all[index] ?? []);
        for (let at = 0; at < stream.length; at += size) {
          await rig.send(...stream.slice(at, at + size));
          await rig.project();
        }
        expect(await rig.reports()).toEqual(expected);
      }),
      { numRuns: 15 },
    );
  });

  it('goes on where it was, and changes nothing, whenever it is cut off from PostgreSQL', async () => {
    await rig.send(...lives());
    await rig.project();
    const expected = await rig.reports();

    await rig.begin();
    await rig.send(...lives(), poison(place('poison'), 'poison'));
    let survived = false;
    for (let statements = 0; !survived; statements++) {
      const session = cutAfter(await rig.db.connect(), statements);
      survived = await rig.project({ client: session }).then(
        () => true,
        () => false,
      );
      // All of it or nothing: what is there is what was read up to some offset, and all that was sent was one transaction.
      expect((await rig.reports()).funnel).toEqual(survived ? expected.funnel : {});
      expect(statements).toBeLessThan(100);
    }
    expect(await rig.reports()).toEqual(expected);
    expect(rig.letters.length).toBeGreaterThan(0);
  });

  it('writes nothing when somebody else has written to its tables', async () => {
    await rig.send(...lives());
    let written = false;
    const other = async () => {
      if (written) return;
      written = true;
      await rig.project();
    };
    await expect(rig.project({ guard: other })).rejects.toThrow(BuildSupersededError);
    expect((await rig.reports()).funnel).toMatchObject({ placed: 3, delivered: 2 });
  });

  it('sends what nobody can read to the dead letters, once, with its bytes untouched, and goes on', async () => {
    const good = place('after');
    const unreadable = [
      poison(place('no-frame'), 'poison'),
      poison(place('no-schema'), Buffer.from('0000ffffff00', 'hex')),
      poison(place('cut'), (place('cut').value as Buffer).subarray(0, 40)),
      rig.record(OrderDelivered, { orderId: 'no-time', courierId: 'c', deliveredAt: -1 }),
      rig.record(OrderPlaced, placed('nul', { cafeId: 'cafe\0' })),
      rig.record(OrderPlaced, placed('long', { cafeId: 'x'.repeat(10_000) })),
      rig.record(OrderPlaced, placed('euro', { lines: [{ sku: 'latte', quantity: 0 }] })),
      { ...place('no-type'), headers: {} },
      { ...place('other-key'), key: uuidv7() },
      { ...place('no-key'), key: null },
      { ...place('no-id'), key: 'a key with blanks' },
    ];
    await rig.send(...unreadable, good, { ...place('tombstone'), value: null });
    await rig.project();
    expect((await rig.reports()).funnel).toEqual({ placed: 1 });
    const bytesOf = (records: readonly { key: unknown; value: Buffer | null }[]) =>
      records.map(({ key, value }) => [key, value?.toString('hex')]).toSorted();
    expect(bytesOf(rig.letters)).toEqual(bytesOf(unreadable));

    // Whoever reads the topics again finds them again.
    await rig.db.query(`truncate ${(await schemas()).map((schema) => `${schema}.positions`).join(', ')}`);
    await rig.db.query(
      `truncate ${(await schemas()).map((schema) => `${schema}.orders_at_hand`).join(', ')}`,
    );
    await rig.project();
    expect(rig.letters).toHaveLength(unreadable.length);
  });

  it('counts the other events of an order of which one is unreadable', async () => {
    await rig.send(poison(place('a'), 'poison'), place('a'), deliver('a'));
    await rig.project();
    expect((await rig.reports()).sales).toMatchObject([{ orders: 1 }]);
  });

  it('takes orders up again that were under way when it was killed', async () => {
    const orders = Array.from({ length: 5_000 }, (_, i) => `order-${i}`);
    await rig.send(...orders.map((orderId) => place(orderId)));
    const killed = Promise.withResolvers<never>();
    await expect(
      rig.project({
        reader: {
          async *read(ranges, options) {
            for await (const records of rig.reader.read(ranges, options)) {
              yield records;
              await killed.promise;
            }
          },
        },
        onStored: () => killed.reject(new Error('killed')),
      }),
    ).rejects.toThrow('killed');
    expect(await rowsAtHand()).toBe(1);

    await rig.send(...orders.slice(0, 1_000).map((orderId) => deliver(orderId)));
    await rig.project();
    const { funnel, sales, latency } = await rig.reports();
    expect(funnel).toEqual({ placed: 5_000, delivered: 1_000 });
    expect(sales).toMatchObject([{ orders: 1_000, amount: 420_000 }]);
    expect(latency.delivered.orders).toBe(1_000);
  });

  it('stores only what has changed while it follows live events, and knows all of it after a restart', async () => {
    const projector = await rig.follow();
    const untilCounted = (step: string, count: number) =>
      until(async () => (await rig.reports()).funnel[step] === count, { what: `${count} ${step}` });
    await rig.send(...Array.from({ length: 20 }, (_, i) => place(`order-${i}`)));
    await untilCounted('placed', 20);
    const before = await rowsAtHand();
    await rig.send(deliver('order-0'));
    await untilCounted('delivered', 1);
    expect(await rowsAtHand()).toBeGreaterThan(before);
    await projector.stop();

    await rig.send(place('order-0'), deliver('order-0', 600), deliver('order-1'));
    await rig.project();
    const { funnel, sales } = await rig.reports();
    expect(funnel).toEqual({ placed: 20, delivered: 2 });
    expect(sales).toMatchObject([{ orders: 2 }]);
  });

  it('goes on into the partitions that its topics are given meanwhile', async () => {
    await rig.beginAnew();
    const projector = await rig.follow();
    const servers = ['--bootstrap-server', infrastructure().brokers.join()];
    const more = ['--alter', '--topic', rig.topicOf(OrderPlaced as EventType), '--partitions', '6'];
    await runKafkaTool('org.apache.kafka.tools.TopicCommand', [...servers, ...more]);
    // One that knows them.
    await using producer = createProducer({ client: rig.context.client, log: rig.context.log });
    await producer.start();
    const orders = Array.from({ length: 60 }, (_, i) => place(`order-${i}`));
    await until(async () => {
      await producer.send(orders);
      return (
        new Set((await rig.ends()).filter(({ offset }) => offset > 0n).map(({ partition }) => partition))
          .size === 6
      );
    });
    await until(async () => (await rig.reports()).funnel.placed === 60, { what: 'all of them to count' });
    await projector.stop();
  });

  async function rowsAtHand(): Promise<number> {
    const { rows } = await rig.db.query(`select count(*)::int from ${(await schemas())[0]}.orders_at_hand`);
    return rows[0].count;
  }
  const schemas = async () => (await liveGenerations(rig.db, projections)).map(({ schema }) => schema);
});

/** Breaks the connection before it would send one statement more than these. */
/** As when the server is killed: what is asked from then on gets no answer, and its transaction is gone. */
function cutAfter(session: Session, statements: number): Session {
  let left = statements;
  const query = (...args: [string]) =>
    left-- > 0
      ? session.query(...args)
      : session.end().then(() => Promise.reject(new Error('Connection terminated unexpectedly')));
  return { ...session, query: query as Session['query'] };
}
