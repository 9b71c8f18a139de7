import { deadLetterTopic, type Event, type EventType, eventTypes, type Topic, topics } from '@brew/events';
import {
  createAdmin,
  createCodec,
  createFollower,
  createKafkaClient,
  createProducer,
  type ReceivedRecord,
} from '@brew/kafka';
import { pino } from 'pino';
import { eventRecord } from './eventRecord.ts';

export interface EventBusOptions {
  /** Where Kafka and the registry are: `infrastructure()` of @brew/sandbox/testing. */
  infrastructure: { brokers: string[]; registryUrl: string };
  /** The service under test: its dead letter topic is made, too. */
  service: string;
}

/** All the other services, as a test of one of them sees them: it publishes what they would, and reads everything. */
export interface EventBus extends AsyncDisposable {
  /**
   * Publishes an event as its owner would; returns when Kafka has it.
   * @param options.id publish under this id, for example a second time
   * @returns the event's id
   */
  publish<Data>(
    type: EventType<Data>,
    data: Data,
    options?: { id?: string; traceparent?: string },
  ): Promise<string>;
  publishTombstone(topic: Topic, key: string): Promise<void>;
  /** Publishes bytes that may be no event at all. */
  publishRaw(topic: Topic, key: string, value: Buffer): Promise<void>;
  /** The events of a key that came since the bus was made, as they were read: in order only per topic. */
  eventsOf(key: string): Event[];
  /** How many tombstones of a key came since. */
  tombstonesOf(key: string): number;
  stop(): Promise<void>;
}

/** Connects, makes the topics if that wasn't done. Everything published afterwards is seen. */
export async function createEventBus({ infrastructure, service }: EventBusOptions): Promise<EventBus> {
  const log = pino({ level: 'silent' });
  const { brokers, registryUrl } = infrastructure;
  const client = createKafkaClient({ brokers, clientId: `${service}-test`, log });
  const codec = createCodec({ registryUrl, log });
  await using admin = createAdmin({ client, log });
  await admin.ensureTopics([...Object.values(topics), deadLetterTopic(service)]);
  await codec.prepare(eventTypes);

  const seen = new Map<string, Event[]>();
  const tombstones = new Map<string, number>();
  const take = async (record: ReceivedRecord) => {
    const key = record.key ?? '';
    if (record.value === null) tombstones.set(key, (tombstones.get(key) ?? 0) + 1);
    else seen.set(key, [...(seen.get(key) ?? []), await codec.decode(record)]);
  };
  const follower = createFollower({
    client,
    name: `${service}-test`,
    topics: Object.values(topics).map(({ name }) => name),
    from: 'now',
    log,
    async onRecords(records) {
      // What cannot be read is somebody else's test on the same topics.
      for (const record of records) await take(record).catch(() => {});
    },
  });
  const producer = createProducer({ client, log });
  await Promise.all([producer.start(), follower.start()]);
  await follower.whenCaughtUp();

  const stop = async () => {
    await Promise.all([producer.stop(), follower.stop()]);
  };
  return {
    async publish(type, data, options) {
      const { id, ...record } = eventRecord(codec, type, data, options);
      await producer.send([record]);
      return id;
    },
    publishTombstone: (topic, key) => producer.send([{ topic: topic.name, key, value: null, headers: {} }]),
    publishRaw: (topic, key, value) => producer.send([{ topic: topic.name, key, value, headers: {} }]),
    eventsOf: (key) => seen.get(key) ?? [],
    tombstonesOf: (key) => tombstones.get(key) ?? 0,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
