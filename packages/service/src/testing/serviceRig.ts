import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { deadLetterTopic, type Event, type EventType, type OrderPlaced } from '@brew/events';
import {
  type Codec,
  createCodec,
  createKafkaClient,
  createProducer,
  type Producer,
  type ReceivedRecord,
} from '@brew/kafka';
import { createTopics, readAll } from '@brew/kafka/testing';
import { createDatabase, type Database } from '@brew/postgres';
import { createTestDatabase } from '@brew/postgres/testing';
import { infrastructure, uniqueName } from '@brew/sandbox/testing';
import { type Logger, pino } from 'pino';
import { type EventRecordOptions, eventRecord } from './eventRecord.ts';

/** What this package's own integration tests share: real topics, a real database, real schemas, for one test file. */
export interface ServiceRig {
  name: string;
  env: Record<string, string>;
  /** Of the database. */
  url: string;
  migrations: URL;
  db: Database;
  codec: Codec;
  log: Logger;
  producer: Producer;
  /** The type, in a new topic of its own: the schema is the same. */
  here<Data>(type: EventType<Data>): EventType<Data>;
  /** Makes the topics of these types, and the dead letter topic. */
  createTopics(types: EventType[]): Promise<void>;
  /** Everything that is in a topic now. */
  readAll(topic: string): Promise<ReceivedRecord[]>;
  decodeAll(topic: string): Promise<Event[]>;
  stop(): Promise<void>;
}

/** @param schema SQL that makes the tables of the service under test */
export async function createServiceRig(schema: string): Promise<ServiceRig> {
  const { brokers, registryUrl, postgresUrl } = infrastructure();
  const log = pino({ level: process.env.SERVICE_TEST_LOG ?? 'silent' });
  const name = uniqueName('till');
  const database = await createTestDatabase(postgresUrl);
  const folder = await mkdtemp(join(tmpdir(), 'brew-service-'));
  await writeFile(join(folder, '001_schema.sql'), schema);
  const client = createKafkaClient({ brokers, clientId: name, log });
  const codec = createCodec({ registryUrl, log });
  const db = createDatabase({ url: database.url, applicationName: 'rig', log });
  const producer = createProducer({ client, log });
  await producer.start();

  const rig: ServiceRig = {
    name,
    env: {
      PORT: '0',
      DATABASE_URL: database.url,
      KAFKA_BROKERS: brokers.join(','),
      SCHEMA_REGISTRY_URL: registryUrl,
      STAFF_TOKEN: 'staff-token',
      LOG_LEVEL: process.env.SERVICE_TEST_LOG ?? 'silent',
    },
    url: database.url,
    migrations: pathToFileURL(`${folder}/`),
    db,
    codec,
    log,
    producer,
    here: (type) => ({ ...type, topic: { ...type.topic, name: uniqueName(type.topic.name) } }),
    async createTopics(types) {
      await codec.prepare(types);
      const topics = new Map(types.map(({ topic }) => [topic.name, { ...topic, partitions: 2 }]));
      await createTopics([...topics.values(), { ...deadLetterTopic(name), partitions: 2 }]);
    },
    readAll: (topic) => readAll(client, [topic]),
    async decodeAll(topic) {
      return Promise.all((await rig.readAll(topic)).map((record) => codec.decode(record)));
    },
    async stop() {
      await producer.stop();
      await db.stop();
      await database.drop();
      await rm(folder, { recursive: true });
    },
  };
  return rig;
}

/** An order, whole: what is not given is made up. */
export function anOrder(orderId: string): OrderPlaced {
  return {
    orderId,
    cafeId: 'cafe-01',
    customer: { name: 'Ada', address: '1 Analytical Street' },
    items: [
      {
        ...{ sku: 'latte', name: 'Latte', category: 'drink', quantity: 1, preparationSeconds: 30 },
        unitPrice: { amount: 350, currency: 'EUR' },
      },
    ],
    total: { amount: 350, currency: 'EUR' },
    placedAt: Date.now(),
    channel: 'app',
  };
}

/** Sends an event as another service's relay would; returns its id. */
export async function send<Data>(
  { producer, codec }: ServiceRig,
  type: EventType<Data>,
  data: Data,
  options?: EventRecordOptions,
): Promise<string> {
  const { id, ...record } = eventRecord(codec, type, data, options);
  await producer.send([record]);
  return id;
}
