import { type EventType, OrderCancelled } from '@brew/events';
import { createKafkaClient, createProducer, type Producer } from '@brew/kafka';
import { alterTopic, createNetwork, createTopics } from '@brew/kafka/testing';
import {
  appendOutbox,
  createDatabase,
  createOutbox,
  type Database,
  listRefusedRows,
  messagingMigrations,
  migrate,
  type Outbox,
  retryRefusedRows,
} from '@brew/postgres';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { Part } from '../lifecycle/part.ts';
import { createMetrics } from '../metrics.ts';
import { orderNamed } from '../testing/orderNamed.ts';
import { createServiceRig, type ServiceRig } from '../testing/serviceRig.ts';
import { handle } from '../unitOfWork/handle.ts';
import { createChunkProcessor } from '../unitOfWork/processChunk.ts';
import { createUnitOfWork, type UnitOfWork } from '../unitOfWork/unitOfWork.ts';
import { createRelay } from './relay.ts';

const [O1, O2, O3] = ['o-1', 'o-2', 'o-3'].map(orderNamed) as [string, string, string];

type Cancelled = { orderId: string; reason: 'customer_request'; cancelledAt: number };

let rig: ServiceRig;
let type: EventType<Cancelled>;
let unitOfWork: UnitOfWork;
let outbox: Outbox;
const never = new AbortController().signal;
const metrics = createMetrics();

beforeAll(async () => {
  rig = await createServiceRig('create table effects (event_id uuid)');
  await migrate({ url: rig.url, directories: [messagingMigrations, rig.migrations], log: rig.log });
});
beforeEach(async () => {
  type = rig.here(OrderCancelled) as EventType<Cancelled>;
  await rig.createTopics([type]);
  const { name, db, codec, log } = rig;
  // As another instance than the one that relays.
  outbox = createOutbox(db, { log });
  const { announce } = outbox;
  unitOfWork = createUnitOfWork({ name, db, codec, log, now: () => new Date(), onEmitted: announce });
});
afterAll(() => rig.stop());

/** One transaction for each order. */
async function emit(...orderIds: string[]): Promise<void> {
  for (const orderId of orderIds) {
    await unitOfWork.transact({}, async (work) => {
      work.emit(type, { orderId, reason: 'customer_request', cancelledAt: 1 });
    });
  }
}

/** A relay with a pool of its own, as another instance has. */
function relayOf(producer: Pick<Producer, 'offer' | 'lastError' | 'silentSince'> = rig.producer): {
  relay: Part;
  db: Database;
} {
  const db = createDatabase({ url: rig.url, applicationName: 'relay', log: rig.log });
  const outbox = createOutbox(db, { log: rig.log });
  return { relay: createRelay({ db, outbox, producer, metrics, log: rig.log }), db };
}

async function stop({ relay, db }: { relay: Part; db: Database }): Promise<void> {
  await relay.stop();
  await db.stop();
}

const isEmpty = async () =>
  (await rig.db.query('select from outbox union all select from outbox_aside')).rowCount === 0;
const isOwner = async (relay: Part) => (await relay.health?.())?.detail === 'sending';
const sent = async () => (await rig.readAll(type.topic.name)).map(({ key }) => key);

describe('the relay', () => {
  it('sends what is committed in its order, tombstones too, and nothing of what was rolled back', async () => {
    const relaying = relayOf();
    await relaying.relay.start(never, rig.log);
    await emit(O1);
    await unitOfWork
      .transact({}, async (work) => {
        work.emit(type, { orderId: orderNamed('never'), reason: 'customer_request', cancelledAt: 1 });
        throw new Error('undo');
      })
      .catch(() => {});
    await unitOfWork.transact({}, async (work) => {
      work.emit(type, { orderId: O1, reason: 'customer_request', cancelledAt: 2 });
      work.emitTombstone(type.topic, O1);
    });
    await until(isEmpty);
    const records = (await rig.readAll(type.topic.name)).filter(({ key }) => key === O1);
    expect(records.map(({ value }) => value === null)).toEqual([false, false, true]);
    expect(await sent()).not.toContain('never');
    await stop(relaying);
  });

  it('sends a batch again when it is killed between sending and deleting; the inbox absorbs that', async () => {
    await emit(O1, O2, O1);
    let kills = 0;
    const relaying = relayOf({
      lastError: undefined,
      silentSince: undefined,
      async offer(records, options) {
        const offered = await rig.producer.offer(records, options);
        if (kills > 0) return offered;
        kills += 1;
        // What a kill leaves behind: the records in Kafka, the rows in the outbox, the owner's session gone.
        await rig.db.query(
          `select pg_terminate_backend(pid) from pg_locks
           where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
        );
        return offered;
      },
    });
    await relaying.relay.start(never, rig.log);
    await until(isEmpty, { what: 'the next owner to have sent everything' });
    await stop(relaying);

    const records = await rig.readAll(type.topic.name);
    expect(kills).toBe(1);
    expect(records).toHaveLength(6);
    const ids = records.map(({ headers }) => headers.ce_id);
    expect(new Set(ids).size).toBe(3);

    const { process } = createChunkProcessor({
      group: 'test',
      handlers: [
        handle(type, async (event, { tx }) => {
          await tx.query('insert into effects values ($1)', [event.id]);
        }),
      ],
      unitOfWork,
      codec: rig.codec,
      metrics,
      log: rig.log,
    });
    for (const record of records) await process([record]);
    await process(records);
    const effects = await rig.db.query<{ event_id: string }>('select event_id from effects');
    expect(effects.rows.map((row) => row.event_id).sort()).toEqual([...new Set(ids)].sort());
  });

  it('is one of several instances; when it ends, another one takes over', async () => {
    const senders: string[] = [];
    const noting = (name: string): Pick<Producer, 'offer' | 'lastError' | 'silentSince'> => ({
      lastError: undefined,
      silentSince: undefined,
      offer: (records, options) => {
        senders.push(name);
        return rig.producer.offer(records, options);
      },
    });
    const [one, two] = [relayOf(noting('one')), relayOf(noting('two'))];
    await one.relay.start(never, rig.log);
    await until(() => isOwner(one.relay));
    await two.relay.start(never, rig.log);
    await emit(O1, O2);
    await until(isEmpty);
    expect(new Set(senders)).toEqual(new Set(['one']));
    await stop(one);
    await until(() => isOwner(two.relay), { what: 'the other one to take over' });
    await emit(O3);
    await until(isEmpty);
    expect(senders.at(-1)).toBe('two');
    expect((await sent()).sort()).toEqual([O1, O2, O3]);
    await stop(two);
  });

  it.each(['hold', 'cut'] as const)(
    'lets another instance try when its packets to Kafka are lost (%s), and sends nothing of that later',
    async (way) => {
      await using network = createNetwork();
      const { brokers } = infrastructure();
      const client = createKafkaClient({
        brokers,
        clientId: 'cut-off',
        log: rig.log,
        via: network.via,
      });
      await using producer = createProducer({ client, log: rig.log });
      await producer.start();
      const cutOff = relayOf(producer);
      await cutOff.relay.start(never, rig.log);
      await until(() => isOwner(cutOff.relay));
      await emit(O2);
      await until(isEmpty);
      const other = relayOf();
      await other.relay.start(never, rig.log);
      network[way]();
      const since = performance.now();
      await emit(O1);
      await until(isEmpty, { what: 'the other one to have sent it' });
      expect(performance.now() - since).toBeLessThan(60_000);
      expect(await isOwner(other.relay)).toBe(true);
      await until(async () => (await cutOff.relay.health?.())?.detail === 'standing by');
      expect(await cutOff.relay.health?.()).toEqual({ up: true, detail: 'standing by' });
      await until(() => producer.state === 'running', { what: 'nothing to be repeated any more' });
      network.restore();
      await emit(O3);
      await until(isEmpty);
      expect(await sent()).toEqual(expect.arrayContaining([O1, O2, O3]));
      expect(await sent()).toHaveLength(3);
      await stop(cutOff);
      await stop(other);
    },
    90_000,
  );

  describe('when Kafka refuses a row', () => {
    const relays: { relay: Part; db: Database }[] = [];
    const row = (topic: string, key: string, value: string | Buffer) => ({
      topic,
      key,
      value: Buffer.from(value),
      headers: { ce_id: key },
    });
    const append = (...rows: Parameters<typeof appendOutbox>[1][number][]) =>
      rig.db.transaction((tx) => appendOutbox(tx, rows));
    const textsIn = async (topic: string) => (await rig.readAll(topic)).map(({ value }) => value?.toString());
    const start = async (producer?: Parameters<typeof relayOf>[0]) => {
      const started = relayOf(producer);
      relays.push(started);
      await started.relay.start(never, rig.log);
      return started;
    };
    afterEach(async () => {
      for (const each of relays.splice(0)) await stop(each);
      await rig.db.query('truncate outbox, outbox_aside');
    });

    it('sets it aside, sends the others once, and what follows of its key once it is mended, in order', async () => {
      const topic = uniqueName('relay-small');
      const declaration = { name: topic, partitions: 2, replicationFactor: 3 as const };
      await createTopics([{ ...declaration, config: { 'max.message.bytes': '5000' } }]);
      const large = Buffer.alloc(6_000, 'x');
      const others = Array.from({ length: 40 }, (_, i) => row(topic, `o-${i}`, `other ${i}`));
      await append(
        row(topic, 'k', 'before'),
        ...others.slice(0, 20),
        row(topic, 'k', large),
        row(topic, 'k', 'behind 1'),
        ...others.slice(20),
        row(type.topic.name, 'k', 'in another topic'),
        row(topic, 'k', 'behind 2'),
      );
      const { relay } = await start();
      await until(async () => (await outbox.backlog()).rows === 0, { what: 'everything else to be sent' });
      await append(row(topic, 'k', 'behind 3'), row(topic, 'later', 'later'));
      await until(async () => (await textsIn(topic)).includes('later'));

      expect((await textsIn(topic)).sort()).toEqual(
        ['before', 'later', ...others.map(({ value }) => String(value))].sort(),
      );
      expect(await textsIn(type.topic.name)).toEqual(['in another topic']);
      expect(await outbox.backlog()).toMatchObject({
        rows: 0,
        refused: 1,
        held: 3,
        refusedSeconds: expect.any(Number),
      });
      const [refused] = await listRefusedRows(rig.db);
      expect(refused).toMatchObject({
        topic,
        key: 'k',
        refusal: 'MESSAGE_TOO_LARGE',
        bytes: 6_000,
        behind: 3,
      });
      await until(async () => (await relay.health?.())?.up);
      expect((await relay.health?.())?.detail).toBe('sending; Kafka refuses 1 event, 3 wait behind');

      await alterTopic(topic, { 'max.message.bytes': '10000' });
      await retryRefusedRows(rig.db, [refused?.id ?? '']);
      await until(isEmpty, { what: 'the rest to be sent' });
      const ofKey = (await rig.readAll(topic))
        .filter(({ key }) => key === 'k')
        .map(({ value }) => String(value));
      expect(ofKey).toEqual(['before', String(large), 'behind 1', 'behind 2', 'behind 3']);
    });

    it('is not held up by one that no client could send, such as with a header that is no text', async () => {
      const { name: topic } = type.topic;
      await append(row(topic, 'odd', 'odd'), row(topic, 'none', 'none'), row(topic, 'even', 'even'));
      await rig.db.query(`update outbox set headers = '{"note": null}' where key = 'odd'`);
      await rig.db.query(`update outbox set headers = 'null' where key = 'none'`);
      await start();
      await until(async () => (await outbox.backlog()).rows === 0);
      expect(await textsIn(topic)).toEqual(['even']);
      expect(await listRefusedRows(rig.db)).toMatchObject([
        { key: 'odd', refusal: 'INVALID_RECORD: its header note is neither text nor bytes' },
        { key: 'none', refusal: 'INVALID_RECORD: its headers are no object' },
      ]);
    });

    it('waits with those of a topic that is missing, goes on with the others, and says so', async () => {
      const missing = uniqueName('relay-missing');
      await append(
        row(missing, 'a', 'waits 1'),
        row(type.topic.name, 'a', 'goes on'),
        row(missing, 'b', 'waits 2'),
      );
      const { relay } = await start();
      await until(async () => (await outbox.backlog()).rows === 2, { what: 'the other topic to be served' });
      await append(row(type.topic.name, 'a', 'goes on, too'));
      await until(async () => (await outbox.backlog()).rows === 2, {
        what: 'the other topic to be served again',
      });
      await until(async () => (await relay.health?.())?.up === false);
      expect((await relay.health?.())?.detail).toMatch(
        new RegExp(
          `2 events waiting for Kafka, the oldest for .* s: nothing goes to ${missing} .UNKNOWN_TOPIC_OR_PARTITION.; sending`,
        ),
      );
      expect(await outbox.backlog()).toMatchObject({ rows: 2, refused: 0 });

      await createTopics([{ name: missing, partitions: 1, replicationFactor: 3, config: {} }]);
      await until(isEmpty, { what: 'the topic to be tried again' });
      expect(await textsIn(missing)).toEqual(['waits 1', 'waits 2']);
      await until(async () => (await relay.health?.())?.up);
    });

    it('says on an instance that stands by that the owner does not get on', async () => {
      const stuck = await start({
        lastError: undefined,
        silentSince: undefined,
        offer: (_, { signal } = {}) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => reject(signal.reason));
          }),
      });
      await until(() => isOwner(stuck.relay));
      const { relay } = await start();
      await append(row(type.topic.name, 'a', 'waits'));
      await rig.db.query(`update outbox set created_at = now() - interval '1 minute'`);
      const waits = /1 event waiting for Kafka, the oldest for 6\d s: /;
      expect(await relay.health?.()).toEqual({
        up: false,
        detail: expect.stringMatching(
          new RegExp(`${waits.source}the instance that owns the outbox does not get on; standing by`),
        ),
      });
      expect(await stuck.relay.health?.()).toMatchObject({ up: false, detail: expect.stringMatching(waits) });
      await stuck.relay.stop();
      await until(isEmpty, { what: 'the other one to take over' });
      await until(async () => (await relay.health?.())?.up);
    });
  });
});
