import type { KafkaClient } from './client.ts';
import { within } from './delay.ts';
import { createCluster } from './reader/cluster.ts';
import { type Connection, produceV9 } from './wire/protocol.ts';
import { answerOf, nameOf } from './wire/protocolErrors.ts';

/** Writes one record at a time and tells what becomes of it: to see what a producer sees that does not try again. */
export interface Probe extends AsyncDisposable {
  /** Partitions of the topic. @throws BrokerUnavailableError, TopicMissingError */
  partitions(): Promise<number[]>;
  /**
   * Resolves when all in-sync replicas have the record.
   * @returns its offset
   * @throws ProbeRefusedError; the record may be in the log nevertheless
   */
  write(partition: number, value: string): Promise<bigint>;
  close(): Promise<void>;
}

/** A record was not acknowledged. `reason` is Kafka's name for why, such as NOT_ENOUGH_REPLICAS, or what the network says. */
export class ProbeRefusedError extends Error {
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super(`The record was not acknowledged: ${reason}.`, { cause });
    this.name = 'ProbeRefusedError';
    this.reason = reason;
  }
}

const ACKS_ALL = -1;
/** How long a leader waits for the other replicas. */
const REPLICATION_MS = 1_500;
/** Longer than that: then the broker hangs, or the network does. */
const ANSWER_MS = 5_000;

/** Connects with the first call. */
export function createProbe({ client, topic }: { client: KafkaClient; topic: string }): Probe {
  const cluster = createCluster(client);
  /** Partitions that another broker may lead by now. */
  const stale = new Set<number>();

  async function leaderOf(partition: number): Promise<Connection> {
    if (stale.has(partition) || !cluster.leaderOf(topic, partition)) await cluster.refresh([topic]);
    stale.delete(partition);
    const leader = cluster.leaderOf(topic, partition);
    if (!leader) throw new ProbeRefusedError('LEADER_NOT_AVAILABLE');
    return cluster.connectionTo(leader.node);
  }

  async function send(partition: number, value: string): Promise<bigint> {
    const record = { topic, partition, value: Buffer.from(value) };
    const asking = answerOf(
      produceV9.api.async(await leaderOf(partition), ACKS_ALL, REPLICATION_MS, [record]),
    );
    if (!(await within(ANSWER_MS, asking))) throw new ProbeRefusedError('no answer');
    const answer = await asking;
    const placed = typeof answer === 'boolean' ? undefined : answer.responses[0]?.partitionResponses[0];
    if (!placed) throw new ProbeRefusedError('no answer');
    if (placed.errorCode !== 0) throw new ProbeRefusedError(nameOf(placed.errorCode));
    return placed.baseOffset;
  }

  return {
    async partitions() {
      await cluster.refresh([topic]);
      return [...cluster.partitionsOf(topic)].sort((a, b) => a - b);
    },
    async write(partition, value) {
      try {
        return await send(partition, value);
      } catch (error) {
        stale.add(partition);
        if (error instanceof ProbeRefusedError) throw error;
        throw new ProbeRefusedError('the connection to its leader broke', error);
      }
    },
    close: () => cluster.close(),
    [Symbol.asyncDispose]: () => cluster.close(),
  };
}
