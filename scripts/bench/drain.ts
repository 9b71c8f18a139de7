import * as events from '@brew/events';
import { createCodec, createConsumer, createKafkaClient, type KafkaClient } from '@brew/kafka';
import { createLookup, createReader, type ReadRange, type Records } from '@brew/kafka/reader';
import avro from 'avsc';
import { pino } from 'pino';

/**
 * A process of its own for each way of reading a history, so that none of them finds the heap or the compiled code of another.
 * Its argument is a Task, as JSON; it prints a Drained.
 */
export interface Task {
  how: 'consumer' | 'walk' | 'decode';
  brokers: string[];
  registryUrl: string;
  topics: string[];
  count: number;
}

export interface Drained {
  records: number;
  seconds: number;
  /** The most memory that the process ever had, in bytes. */
  memory: number;
}

const log = pino({ level: 'warn' }, pino.destination(2));

/** An object for each record, everything decoded. From the first records on, without the joining of the group. */
async function withConsumer(client: KafkaClient, { registryUrl, topics, count }: Task) {
  const codec = createCodec({ registryUrl, log });
  const done = Promise.withResolvers<void>();
  let records = 0;
  let started = 0;
  await using consumer = createConsumer({
    client,
    group: `bench.${events.uuidv7()}`,
    topics,
    from: 'beginning',
    paceMs: 0,
    process: async (received) => {
      started ||= performance.now();
      await codec.decodeAll(received);
      records += received.length;
      if (records >= count) done.resolve();
    },
    deadLetters: {
      behindParked: async () => new Set(),
      tell: async () => undefined,
      isDiscarded: async () => false,
      park: ([letter]) => Promise.reject(new Error(`offset ${letter?.record.offset} is poison`)),
    },
    log,
  });
  await consumer.start();
  await done.promise;
  return { records, seconds: (performance.now() - started) / 1_000 };
}

async function withReader(client: KafkaClient, { topics }: Task, take: (records: Records) => void) {
  await using reader = createReader({ client, log });
  const started = performance.now();
  const [starts, ends] = [await reader.offsets(topics, 'earliest'), await reader.offsets(topics, 'latest')];
  const ranges = starts.map(
    ({ topic, partition, offset }, i): ReadRange => ({
      topic,
      partition,
      from: offset,
      until: ends[i]?.offset,
    }),
  );
  let records = 0;
  for await (const chunk of reader.read(ranges)) {
    while (chunk.next()) {
      records++;
      take(chunk);
    }
  }
  return { records, seconds: (performance.now() - started) / 1_000 };
}

/** What the reports of analytics are made of; of all other events, and of all other fields, nothing. */
const needed = new Map<events.EventType, string[]>([
  [events.OrderPlaced as events.EventType, ['cafeId', 'items', 'total', 'placedAt']],
  [events.StockReserved as events.EventType, []],
  [events.PaymentReceived as events.EventType, ['receivedAt']],
  [events.KitchenStarted as events.EventType, ['startedAt']],
  [events.OrderReady as events.EventType, ['readyAt']],
  [events.CourierAssigned as events.EventType, []],
  [events.OrderDelivered as events.EventType, ['deliveredAt']],
  [events.OrderCancelled as events.EventType, ['reason']],
]);

/** Zero byte and schema id. */
const FRAME_BYTES = 5;

function decodersOfNeeded() {
  return createLookup(
    [...needed].map(([{ type, schema }, fields]) => {
      const written = avro.Type.forSchema(schema as never);
      const wanted = avro.Type.forSchema({
        ...schema,
        fields: schema.fields.filter(({ name }) => fields.includes(name)),
      } as never);
      const resolver = wanted.createResolver(written);
      const decode = (bytes: Buffer, start: number) => wanted.decode(bytes, start, resolver).value;
      return [type, fields.length > 0 ? decode : () => undefined] as const;
    }),
  );
}

const task = JSON.parse(process.argv[2] ?? '') as Task;
const client = createKafkaClient({ brokers: task.brokers, clientId: 'bench', log });
const ways = {
  consumer: () => withConsumer(client, task),
  walk: () => {
    const types = createLookup(events.eventTypes.map(({ type }) => [type, type]));
    return withReader(client, task, (records) => void records.headerIn('ce_type', types));
  },
  decode: () => {
    const decoders = decodersOfNeeded();
    return withReader(client, task, (records) => {
      const decode = records.headerIn('ce_type', decoders);
      if (!decode) return;
      records.keyText();
      decode(records.bytes, records.valueStart + FRAME_BYTES);
    });
  },
};
const drained: Drained = { ...(await ways[task.how]()), memory: process.resourceUsage().maxRSS * 1024 };
process.stdout.write(JSON.stringify(drained));
