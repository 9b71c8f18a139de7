import { CompressionTypes, type Message } from 'kafkajs';
import { type KafkaClient, kafkaOf } from '../client.ts';
import { kafkaErrorTypeOf } from '../errors.ts';
import { type OutgoingRecord, toMessage } from '../record.ts';
import type { Unsent } from './offer.ts';
import { type Acknowledgement, createPartitioning, type Placement } from './partitioning.ts';
import { scopeOf } from './refusals.ts';

/** What became of a batch. */
interface Sent {
  /** Where the records are that were acknowledged. */
  placements: Placement[];
  /** Those that were not. When some are refused, the others have to be sent apart from them. */
  unsent: Unsent[];
  /** Why nothing is known but that they were not: an outage. */
  outage?: unknown;
}

/** One kafkajs producer. */
export interface ProducerConnection {
  /** Idempotent. */
  connect(): Promise<void>;
  /** Never rejects. */
  send(records: readonly OutgoingRecord[]): Promise<Sent>;
  /** False once it is to be thrown away: it is open what a broker has appended, or a topic spoils its metadata. */
  readonly usable: boolean;
  disconnect(): Promise<void>;
  /** Whatever is under way ends, and nothing of it reaches a broker from here on. */
  cut(reason: Error): void;
}

export function createProducerConnection(client: KafkaClient): ProducerConnection {
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
