import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { type EventType, eventTypes, orderTopics, type Topic, toHeaders, uuidv7 } from '@brew/events';
import { createAdmin, createProducer, type DeadLetters, type OutgoingRecord } from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import { createUncheckedEncode, createTopics as makeTopics } from '@brew/kafka/testing';
import { runKafkaTool } from '@brew/sandbox';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import type { Part, Worker } from '@brew/service';
import { createTestBench, orderNamed } from '@brew/service/testing';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { type BuildOptions, createBuild } from '../build/build.ts';
import type { Position } from '../build/positions.ts';
import { readAnalyticsConfig } from '../config.ts';
import type { Limits } from '../orders/turnover.ts';
import { reportFunnel } from '../projections/funnel/reportFunnel.ts';
import { projections } from '../projections/index.ts';
import { reportLatency } from '../projections/latency/reportLatency.ts';
import type { Projection } from '../projections/projection.ts';
import { reportSales } from '../projections/sales/reportSales.ts';
import { reportTopDrinks } from '../projections/topDrinks/reportTopDrinks.ts';
import { liveGenerations } from '../projector/fed.ts';
import { createProjector } from '../projector/projector.ts';
import { createMender } from '../replay/mend.ts';
import { ensureGenerations } from '../store/ensureGenerations.ts';
import { beginAt, dropGeneration, listGenerations } from '../store/generations.ts';
import { locks } from '../store/locks.ts';

export type Rig = Awaited<ReturnType<typeof createRig>>;
export type Session = Awaited<ReturnType<Rig['db']['connect']>>;

export const ALL_TIME = { from: new Date(0), to: new Date('2100-01-01') };

/** Of each topic. */
export const PARTITIONS = 2;

/**
 * Topics and a database of a test file's own, and what reads the ones into the other: there while the tests run.
 * @param beginning what comes before each of them
 */
export function useRig(beginning: 'begin' | 'beginAnew' = 'begin'): Rig {
  let rig: Rig | undefined;
  beforeAll(async () => {
    rig = await createRig();
  });
  beforeEach(() => rig?.[beginning]());
  afterEach(() => rig?.rest());
  afterAll(() => rig?.stop());
  return new Proxy({} as Rig, { get: (_none, name) => Reflect.get(rig as Rig, name) });
}

async function createRig() {
  const where = infrastructure();
  const bench = await createTestBench({
    name: 'analytics',
    migrations: new URL('../store/migrations/', import.meta.url),
    events: eventTypes,
    infrastructure: where,
    readConfig: readAnalyticsConfig,
  });
  const { db, client, codec, log } = bench.context;
  const encode = await createUncheckedEncode(where.registryUrl, eventTypes);
  const producer = createProducer({ client, log });
  const reader = createReader({ client, log });
  await producer.start();

  let own = new Map<string, string>();
  async function createTopics(): Promise<void> {
    own = new Map(orderTopics.map(({ name }) => [name, uniqueName(name)]));
    await makeTopics(orderTopics.map(declared));
  }
  const ownName = ({ name }: { name: string }) => own.get(name) ?? '';
  const declared = (topic: Topic) => ({ ...topic, name: ownName(topic), partitions: PARTITIONS });
  await createTopics();
  const letters: { topic: string; key: string | null; value: Buffer | null; error: unknown }[] = [];
  const deadLetters: DeadLetters = {
    behindParked: async () => new Set(),
    async park(parked) {
      for (const { record, failure } of parked) {
        const { topic, key, value } = record;
        letters.push({ topic, key, value, error: failure.reason === 'failed' ? failure.error : undefined });
      }
      return new Set();
    },
    tell: async () => undefined,
    isDiscarded: async () => false,
  };

  const parts: Part[] = [];
  const rig = {
    db,
    databaseUrl: bench.context.config.DATABASE_URL,
    reader,
    get topics() {
      return [...own.values()];
    },
    /** For replays. */
    get context() {
      return { ...bench.context, deadLetters, projections, topics: rig.topics, topicOf: rig.topicOf };
    },
    /** Topics that nothing was sent to, and empty tables. */
    async beginAnew(): Promise<void> {
      await createTopics();
      await rig.begin();
    },
    /** Reads live events from now on. */
    async follow(known: readonly Projection[] = projections, limits?: Limits): Promise<Part> {
      // Of its gauges there may be only one at a time.
      bench.context.metrics.prometheus.clear();
      const projector = createProjector(rig.context, { projections: known, topics: rig.topics, limits });
      parts.push(projector);
      await projector.start(new AbortController().signal, log);
      return projector;
    },
    /** The process of PostgreSQL whose session reads live events, or tries to. */
    async leader(): Promise<number | undefined> {
      const { rows } = await db.query(
        `select pid from pg_locks where locktype = 'advisory' and objid = $1 and granted
           and database = (select oid from pg_database where datname = current_database())`,
        [locks.projector],
      );
      return rows[0]?.pid;
    },
    /** Mends what has to be mended, from now on. */
    async mend(known: readonly Projection[]): Promise<Worker> {
      const mender = createMender({ ...rig.context, projections: known });
      parts.push(mender);
      await mender.start(new AbortController().signal, log);
      return mender;
    },
    /** Ends whatever follows or mends. */
    async rest(): Promise<void> {
      await Promise.all(parts.splice(0).map((part) => part.stop()));
    },
    /** What the dead letters got. */
    letters,

    /**
     * A record of an event, for the topic that stands for its own; also of one that is against the rules. Its order may have a short name.
     * @param timestamp of the record: now, when left out
     */
    record<Data extends object>(type: EventType<Data>, named: Data, timestamp?: Date): OutgoingRecord {
      const data = 'orderId' in named ? { ...named, orderId: orderNamed(String(named.orderId)) } : named;
      const key = type.keyOf(data);
      const context = { id: uuidv7(), type: type.type, source: '/brew/test', time: new Date() };
      return {
        topic: ownName(type.topic),
        key,
        value: encode(type, data),
        headers: toHeaders({ ...context, correlationId: key }),
        ...(timestamp && { timestamp }),
      };
    },

    /** Sends records one after the other, so that each topic has them in this order. */
    async send(...records: OutgoingRecord[]): Promise<void> {
      await producer.send(records);
    },

    /** The topic that stands for an event's own. */
    topicOf: (type: EventType): string => ownName(type.topic),

    /** Deletes all that is in a topic, as its retention would. */
    async deleteRecords(topic: string): Promise<void> {
      const ends = await reader.offsets([topic], 'latest');
      const offsets = ends.map(({ partition, offset }) => ({ topic, partition, offset: Number(offset) }));
      const file = join(await mkdtemp(join(tmpdir(), 'brew-test-')), 'offsets.json');
      await writeFile(file, JSON.stringify({ version: 1, partitions: offsets }));
      const servers = ['--bootstrap-server', where.brokers.join()];
      await runKafkaTool('org.apache.kafka.tools.DeleteRecordsCommand', [
        ...servers,
        '--offset-json-file',
        file,
      ]);
      await rm(dirname(file), { recursive: true });
    },

    /** Deletes a topic, and makes another one of its name. */
    async recreate(topic: string): Promise<void> {
      const servers = ['--bootstrap-server', where.brokers.join()];
      await runKafkaTool('org.apache.kafka.tools.TopicCommand', [...servers, '--delete', '--topic', topic]);
      await using admin = createAdmin({ client, log });
      const names = async () => (await admin.describeTopics()).map(({ name }) => name);
      await until(async () => !(await names()).includes(topic), { what: 'the topic to be gone' });
      await makeTopics(orderTopics.filter((each) => ownName(each) === topic).map(declared));
    },

    ends: (): Promise<Position[]> => reader.offsets(rig.topics, 'latest'),

    /** Empty tables, for what is sent from now on. */
    async begin(): Promise<void> {
      await db.transaction(async (tx) => {
        for (const generation of await listGenerations(tx)) await dropGeneration(tx, generation);
      });
      await ensureGenerations(db, projections);
      const topicIds = await reader.topicIds(rig.topics);
      const ends = await rig.ends();
      for (const generation of await liveGenerations(db, projections))
        await beginAt(db, generation, ends, topicIds);
      letters.length = 0;
    },

    /** Reads all that there is by now into the live tables. */
    async project(options: Partial<BuildOptions> & { signal?: AbortSignal } = {}): Promise<void> {
      const session = options.client ?? (await db.connect());
      try {
        const live = await liveGenerations(db, projections);
        const build = createBuild({
          generations: live.map(({ code, schema }) => ({ projection: code, schema })),
          positions: live[0]?.positions ?? [],
          client: session,
          db,
          reader,
          codec,
          deadLetters,
          log,
          ...options,
        });
        await build.load();
        const ranges = (await rig.ends()).map(({ offset, ...at }) => ({ ...at, from: 0n, until: offset }));
        await build.read({ ranges, signal: options.signal ?? new AbortController().signal });
      } finally {
        await (session as Session).end();
      }
    },

    async reports() {
      const funnel = await reportFunnel(db, ALL_TIME);
      return {
        sales: await reportSales(db, ALL_TIME),
        drinks: await reportTopDrinks(db, { ...ALL_TIME, limit: 100 }),
        funnel: Object.fromEntries(funnel.map((row) => [`${row.step}${row.reason}`, row.orders])),
        latency: await reportLatency(db, ALL_TIME),
      };
    },

    async stop(): Promise<void> {
      await rig.rest();
      await Promise.all([producer.stop(), reader.close()]);
      await bench.stop();
    },
  };
  return rig;
}
