import { type EventType, eventTypes, orderTopics, toHeaders, uuidv7 } from '@brew/events';
import {
  createAdmin,
  createCodec,
  createKafkaClient,
  createProducer,
  type OutgoingRecord,
} from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import { createDatabase, messagingMigrations, migrate } from '@brew/postgres';
import { createTestDatabase } from '@brew/postgres/testing';
import { infrastructure, uniqueName } from '@brew/sandbox/testing';
import { pino } from 'pino';
import { type BuildOptions, createBuild } from '../build/build.ts';
import type { Position } from '../build/positions.ts';
import { reportFunnel } from '../projections/funnel/reportFunnel.ts';
import { projections } from '../projections/index.ts';
import { reportLatency } from '../projections/latency/reportLatency.ts';
import { reportSales } from '../projections/sales/reportSales.ts';
import { reportTopDrinks } from '../projections/topDrinks/reportTopDrinks.ts';
import { liveGenerations } from '../projector/fed.ts';
import { ensureGenerations } from '../store/ensureGenerations.ts';
import { dropGeneration, listGenerations } from '../store/generations.ts';

export type Rig = Awaited<ReturnType<typeof createRig>>;
export type Session = Awaited<ReturnType<Rig['db']['connect']>>;

export const ALL_TIME = { from: new Date(0), to: new Date('2100-01-01') };

/** Topics and a database of a test file's own, and what reads the ones into the other. */
export async function createRig() {
  const { brokers, registryUrl, postgresUrl } = infrastructure();
  const log = pino({ level: process.env.ANALYTICS_TEST_LOG ?? 'silent' });
  const database = await createTestDatabase(postgresUrl);
  const migrations = new URL('../store/migrations/', import.meta.url);
  await migrate({ url: database.url, directories: [messagingMigrations, migrations], log });
  const db = createDatabase({ url: database.url, applicationName: 'analytics-test', log });
  const client = createKafkaClient({ brokers, clientId: 'analytics-test', log });
  const codec = createCodec({ registryUrl, log });
  await codec.register(eventTypes);
  await codec.prepare(eventTypes);
  const producer = createProducer({ client, log });
  const reader = createReader({ client, log });
  await producer.start();

  const own = new Map(orderTopics.map(({ name }) => [name, uniqueName(name)]));
  const topics = [...own.values()];
  await using admin = createAdmin({ client, log });
  await admin.ensureTopics(
    orderTopics.map((topic) => ({ ...topic, name: own.get(topic.name) ?? '', partitions: 2 })),
  );

  const rig = {
    db,
    client,
    codec,
    producer,
    reader,
    log,
    topics,
    url: database.url,
    /** What the dead letters got. */
    letters: [] as { topic: string; key: string | null; value: Buffer | null; error: unknown }[],

    /** A record of an event, for the topic that stands for its own. */
    record<Data>(type: EventType<Data>, data: Data): OutgoingRecord {
      const key = type.keyOf(data);
      const context = { id: uuidv7(), type: type.type, source: '/brew/test', time: new Date() };
      return {
        topic: own.get(type.topic.name) ?? '',
        key,
        value: codec.encode(type, data),
        headers: toHeaders({ ...context, correlationId: key }),
      };
    },

    /** Sends records one after the other, so that each topic has them in this order. */
    async send(...records: OutgoingRecord[]): Promise<void> {
      await producer.send(records);
    },

    ends: (): Promise<Position[]> => reader.offsets(topics, 'latest'),

    /** Empty tables, for what is sent from now on. */
    async begin(): Promise<void> {
      await db.transaction(async (tx) => {
        for (const generation of await listGenerations(tx)) await dropGeneration(tx, generation);
      });
      await ensureGenerations(db, projections);
      const ends = await rig.ends();
      for (const { schema } of await liveGenerations(db, projections)) await setPositions(rig, schema, ends);
      rig.letters.length = 0;
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
          deadLetters: {
            async park({ topic, key, value }, failure) {
              const error = failure.reason === 'failed' ? failure.error : undefined;
              rig.letters.push({ topic, key, value, error });
            },
          },
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
      const funnel = await reportFunnel(db);
      return {
        sales: await reportSales(db, ALL_TIME),
        drinks: await reportTopDrinks(db, 100),
        funnel: Object.fromEntries(funnel.map((row) => [`${row.step}${row.reason}`, row.orders])),
        latency: await reportLatency(db, ALL_TIME),
      };
    },

    async stop(): Promise<void> {
      await Promise.all([producer.stop(), reader.close()]);
      await db.stop();
      await database.drop();
    },
  };
  return rig;
}

async function setPositions({ db }: Pick<Rig, 'db'>, schema: string, positions: Position[]): Promise<void> {
  await db.query(
    `insert into ${schema}.positions select * from unnest($1::text[], $2::int[], $3::bigint[])`,
    [
      positions.map(({ topic }) => topic),
      positions.map(({ partition }) => partition),
      positions.map(({ offset }) => String(offset)),
    ],
  );
}
