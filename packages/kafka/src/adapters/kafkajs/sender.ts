import { CompressionTypes, type Message } from 'kafkajs';
import type { Sender, Unsent } from '../../adapter.ts';
import type { KafkaClient } from '../../client.ts';
import { kafkaErrorTypeOf } from '../../errors.ts';
import { scopeOf } from '../../producer/refusals.ts';
import type { OutgoingRecord } from '../../record.ts';
import { kafkaOf } from './kafka.ts';
import { toMessage } from './messages.ts';
import { type Acknowledgement, createPartitioning } from './partitioning.ts';

/** One kafkajs producer. */
export function createSender(client: KafkaClient): Sender {
  const partitioning = createPartitioning();
  const kafka = kafkaOf(client);
  const producer = kafka.producer({
    idempotent: true,
    allowAutoTopicCreation: false,
    createPartitioner: partitioning.createPartitioner,
  });
  let connected: Promise<void> | undefined;
  let usable = true;
  return {
    // Of two calls, the second might be appended although the first was not.
    window: 1,
    resume: () => undefined,
    connect() {
      connected ??= producer.connect();
      return connected;
    },
    async send(records) {
      const entries = records.map((record) => ({ record, message: toMessage(record) }));
      partitioning.begin();
      const { acknowledged, refused, error } = await outcomeOf(
        producer.sendBatch({
          acks: -1,
          compression: CompressionTypes.None,
          topicMessages: Array.from(
            Map.groupBy(entries, ({ record }) => record.topic),
            ([topic, of]) => ({ topic, messages: of.map(({ message }) => message) }),
          ),
        }),
      );
      const placements = partitioning.settle(acknowledged);
      const there = new Set(placements.map(({ topic, partition }) => `${topic}/${partition}`));
      const placeOf = ({ record, message }: Entry) => `${record.topic}/${partitioning.partitionOf(message)}`;
      const left = entries.filter((entry) => !there.has(placeOf(entry)));
      const unsent = Array.from(Map.groupBy(left, placeOf), ([place, of]) => ({
        records: of.map(({ record }) => record),
        refusal: refusalOf(refused.get(place)),
      }));
      usable &&= unsent.every(({ refusal }) => refusal !== undefined);
      if (usable || unsent.some(({ refusal }) => refusal !== undefined)) return { placements, unsent };
      // kafkajs leaves out a partition that the cluster's metadata lack for the moment, and reports success.
      const outage = error ?? new Error('some partitions were not acknowledged');
      return scopeOf(kafkaErrorTypeOf(outage)) === 'topic'
        ? { placements, unsent: byTopic(unsent, kafkaErrorTypeOf(outage)) }
        : { placements, unsent, outage };
    },
    get usable() {
      return usable;
    },
    disconnect: () => producer.disconnect(),
    cut: kafka.cut,
  };
}

interface Entry {
  record: OutgoingRecord;
  message: Message;
}

const refusalOf = (answer: { type: string } | undefined) =>
  scopeOf(answer?.type) === undefined ? undefined : answer?.type;

/**
 * When the metadata of one topic can't be had, kafkajs says neither of which, nor sends anything of the others. So of a batch with
 * several topics, each is tried apart.
 */
function byTopic(unsent: readonly Unsent[], kafkaError: string | undefined): Unsent[] {
  const topics = Map.groupBy(
    unsent.flatMap(({ records }) => records),
    ({ topic }) => topic,
  );
  const refusal = topics.size === 1 ? kafkaError : undefined;
  return Array.from(topics.values(), (records) => ({ records, refusal }));
}

interface Outcome {
  acknowledged: readonly Acknowledgement[];
  /** By topic/partition. */
  refused: ReadonlyMap<string, { type: string }>;
  error?: unknown;
}

/** Of patches/kafkajs@2.2.4.patch: an error of sendBatch says what became of each partition. kafkajs may have wrapped it. */
async function outcomeOf(sending: Promise<Acknowledgement[]>): Promise<Outcome> {
  try {
    return { acknowledged: await sending, refused: new Map() };
  } catch (error) {
    for (let e: unknown = error; e instanceof Error; e = e.cause) {
      if ('outcome' in e) return { ...(e.outcome as Outcome), error };
    }
    return { acknowledged: [], refused: new Map(), error };
  }
}
