import type { TopicDeclaration } from '@brew/events';
import { createAdmin, delay, type KafkaClient } from '@brew/kafka';
import { createProbe, ProbeRefusedError } from '@brew/kafka/probe';
import { createReader } from '@brew/kafka/reader';
import { pino } from 'pino';

/** What a producer with acks=all and a consumer of the drill's own topic see. Times are those of performance.now(). */
export interface Probing extends AsyncDisposable {
  /** The first record since that was not acknowledged. */
  errorSince(since: number): { reason: string; partition: number } | undefined;
  /** Whether a record was refused since for this reason. */
  refusedSince(since: number, reason: string): boolean;
  /** Whether records that were sent since were acknowledged on every partition. */
  writesSince(since: number): boolean;
  /** Whether records that were sent since have been read on every partition. */
  readsSince(since: number): boolean;
}

/** Kept by nobody: what is in it is old after an hour. As durable as the topics of the services. */
export const probeTopic: TopicDeclaration = {
  name: 'brew.drill',
  partitions: 6,
  replicationFactor: 3,
  config: { 'min.insync.replicas': '2', 'retention.ms': '3600000' },
};

/** Twelve records a second in all, each on three brokers: enough to tell when it goes on, and little beside what is looked at. */
const EVERY_MS = 500;

/**
 * Writes a record to every partition some times a second, each once, and reads them.
 * @throws BrokerUnavailableError
 */
export async function startProbing(client: KafkaClient): Promise<Probing> {
  const log = pino({ level: 'silent' });
  const { name: topic } = probeTopic;
  await using admin = createAdmin({ client, log });
  await admin.ensureTopics([probeTopic]);

  const probe = createProbe({ client, topic });
  const reader = createReader({ client, log });
  const stop = new AbortController();
  const errors: { at: number; reason: string; partition: number }[] = [];
  const partitions = await probe.partitions();
  /** By partition: when the newest record was sent that was acknowledged, and that was read. */
  const acknowledged = new Map(partitions.map((partition) => [partition, -1]));
  const read = new Map(partitions.map((partition) => [partition, -1]));

  async function write(partition: number): Promise<void> {
    while (!stop.signal.aborted) {
      const sentAt = performance.now();
      try {
        await probe.write(partition, String(sentAt));
        acknowledged.set(partition, sentAt);
      } catch (error) {
        if (!(error instanceof ProbeRefusedError)) throw error;
        errors.push({ at: performance.now(), reason: error.reason, partition });
      }
      await delay(EVERY_MS, stop.signal);
    }
  }

  async function readAll(): Promise<void> {
    const ranges = (await reader.offsets([topic], 'latest')).map(({ partition, offset }) => ({
      topic,
      partition,
      from: offset,
      until: undefined,
    }));
    for await (const records of reader.read(ranges, { signal: stop.signal })) {
      while (records.next()) read.set(records.partition, Number(records.value()?.toString()));
    }
  }

  const work = [...partitions.map(write), readAll()];
  for (const each of work) each.catch(() => {}); // ended by stop; anything else shows as nothing going on any more
  const all = (times: ReadonlyMap<number, number>, since: number) =>
    [...times.values()].every((sentAt) => sentAt >= since);
  return {
    errorSince: (since) => errors.find(({ at }) => at >= since),
    refusedSince: (since, reason) => errors.some((error) => error.at >= since && error.reason === reason),
    writesSince: (since) => all(acknowledged, since),
    readsSince: (since) => all(read, since),
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all([probe.close(), reader.close()]);
      await Promise.allSettled(work);
    },
  };
}
