import { type EventType, OrderCancelled } from '@brew/events';
import type { Producer } from '@brew/kafka';
import { createDatabase, createOutbox, type Database, messagingMigrations, migrate } from '@brew/postgres';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
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
  const { announce } = createOutbox(db, { log });
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
function relayOf(producer: Pick<Producer, 'send'> = rig.producer): { relay: Part; db: Database } {
  const db = createDatabase({ url: rig.url, applicationName: 'relay', log: rig.log });
  const outbox = createOutbox(db, { log: rig.log });
  return { relay: createRelay({ db, outbox, producer, metrics, log: rig.log }), db };
}

async function stop({ relay, db }: { relay: Part; db: Database }): Promise<void> {
  await relay.stop();
  await db.stop();
}

const isEmpty = async () => (await rig.db.query('select 1 from outbox')).rowCount === 0;
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
      async send(records, options) {
        await rig.producer.send(records, options);
        if (kills > 0) return;
        kills += 1;
        // What a kill leaves behind: the records in Kafka, the rows in the outbox, the owner's session gone.
        await rig.db.query(
          `select pg_terminate_backend(pid) from pg_locks
           where locktype = 'advisory' and database = (select oid from pg_database where datname = current_database())`,
        );
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
    const noting = (name: string): Pick<Producer, 'send'> => ({
      send: (records, options) => {
        senders.push(name);
        return rig.producer.send(records, options);
      },
    });
    const [one, two] = [relayOf(noting('one')), relayOf(noting('two'))];
    await one.relay.start(never, rig.log);
    await until(() => one.relay.health?.().detail === 'owner');
    await two.relay.start(never, rig.log);
    await emit(O1, O2);
    await until(isEmpty);
    expect(new Set(senders)).toEqual(new Set(['one']));
    await stop(one);
    await until(() => two.relay.health?.().detail === 'owner', { what: 'the other one to take over' });
    await emit(O3);
    await until(isEmpty);
    expect(senders.at(-1)).toBe('two');
    expect((await sent()).sort()).toEqual([O1, O2, O3]);
    await stop(two);
  });
});
