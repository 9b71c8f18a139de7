import { createKafkaClient, createProducer, type KafkaClientOptions, type OutgoingRecord } from '@brew/kafka';
import { pino } from 'pino';
import { benchEvents } from './benchEvents.ts';

/** What one process writes. Argument of this script: JSON of it. */
export interface ProduceTask {
  brokers: string[];
  registryUrl: string;
  library: NonNullable<KafkaClientOptions['library']>;
  compression: NonNullable<KafkaClientOptions['compression']>;
  topic: string;
  count: number;
  /** Bytes of a value, without key and headers; `events`: Brew's own, with theirs. */
  what: number | 'events';
}

/** How long that took, from the first record to the last acknowledgement. */
export interface Written {
  seconds: number;
}

/** What is given to the producer at once, in records: some MiB, as Kafka's own tool has them waiting in its buffer. */
const AT_ONCE = 50_000;
/** How many different events there are: then they begin anew. */
const EVENTS = 100_000;

const { brokers, registryUrl, library, compression, topic, count, what } = JSON.parse(
  process.argv[2] ?? '{}',
) as ProduceTask;
const log = pino({ level: 'warn' }, pino.destination(2));
const client = createKafkaClient({ brokers, clientId: 'bench', library, compression, log });
await using producer = createProducer({ client, log });
await producer.start();
const next = what === 'events' ? await nextEvents() : nextLetters(what);
// Once, so that neither metadata nor the first compilation is measured.
await producer.send(next(1));

const begun = performance.now();
for (let written = 0; written < count; ) {
  const records = next(Math.min(AT_ONCE, count - written));
  await producer.send(records);
  written += records.length;
}
const written: Written = { seconds: (performance.now() - begun) / 1000 };
process.stdout.write(JSON.stringify(written));

/** Capitals at random, anew for each record, as Kafka's own tool makes them. */
function nextLetters(size: number): (many: number) => OutgoingRecord[] {
  let state = 1;
  return (many) =>
    Array.from({ length: many }, () => {
      const value = Buffer.allocUnsafe(size);
      for (let at = 0; at < size; at++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        value[at] = 65 + ((state >>> 0) % 26);
      }
      return { topic, key: null, value, headers: {} };
    });
}

async function nextEvents(): Promise<(many: number) => OutgoingRecord[]> {
  const events = await benchEvents(EVENTS, { registryUrl, topic, log });
  let at = 0;
  return (many) => Array.from({ length: many }, () => events[at++ % events.length] as OutgoingRecord);
}
