import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '@brew/cli/text';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import { createInspector } from '@brew/kafka/inspect';
import { type Infrastructure, runKafkaTool } from '@brew/sandbox';
import { pino } from 'pino';
import { median } from './median.ts';
import { statOf, TICKS_PER_SECOND } from './processes.ts';
import type { ProduceTask, Written } from './produce.ts';
import { runScript } from './runScript.ts';

/** A way of writing. The first of several is the limit that the others are held against. */
export interface Producing {
  name: string;
  produce(
    task: Pick<ProduceTask, 'brokers' | 'registryUrl' | 'topic' | 'count'>,
    signal: AbortSignal,
  ): Promise<Written>;
}

/** What was seen of one run. */
interface Measured {
  /** Records a second. */
  rate: number;
  /** Bytes of batches for each record, as they are sent, kept and read. */
  bytes: number;
  /** CPU time for a million records, in seconds: of the process that writes, its start included, and of the brokers. */
  clientCpu: number;
  brokerCpu: number;
}

const PARTITIONS = 6;
const log = pino({ level: 'warn' }, pino.destination(2));

/** In a process of its own. */
export const ours = (
  name: string,
  task: Pick<ProduceTask, 'library' | 'compression' | 'what'>,
): Producing => ({
  name,
  produce: (where, signal) => runScript('produce.ts', { ...where, ...task }, signal),
});

/** Kafka's own tool, idempotent and with acks=all, as its producer is by default; batches of so many bytes. */
export const kafkas = (
  name: string,
  { batchBytes, compression, what }: { batchBytes: number; compression: string; what: readonly string[] },
): Producing => ({
  name,
  async produce({ brokers, topic, count }, signal) {
    const properties = {
      ...{ 'bootstrap.servers': brokers.join(), acks: 'all', 'linger.ms': '5' },
      ...{ 'batch.size': `${batchBytes}`, 'compression.type': compression },
    };
    const output = await runKafkaTool(
      'org.apache.kafka.tools.ProducerPerformance',
      [
        ...['--topic', topic, '--num-records', `${count}`, '--throughput', '-1', ...what],
        ...['--producer-props', ...Object.entries(properties).map(([key, value]) => `${key}=${value}`)],
      ],
      // As Kafka's script sets it.
      { jvmFlags: ['-Xmx512m'], signal },
    );
    const rates = [...output.matchAll(/^\d+ records sent, ([\d.]+) records\/sec/gm)];
    const rate = Number(rates.at(-1)?.[1]);
    if (Number.isNaN(rate))
      throw new Error(`Kafka's tool has another output than the one that is known: ${output}`);
    return { seconds: count / rate };
  },
});

/** A file of texts for Kafka's own tool, one a line; for the time of `work`. */
export async function withPayloads(lines: readonly string[], work: (file: string) => Promise<void>) {
  const dir = await mkdtemp(join(tmpdir(), 'brew-payloads-'));
  try {
    const file = join(dir, 'lines');
    await writeFile(file, lines.join('\n'));
    await work(file);
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** Lets each way write as much, in turns: what else happens on the machine happens to all of them. @returns a table of their medians */
export async function compareProducers(
  infrastructure: Infrastructure,
  ways: readonly Producing[],
  { count, rounds, signal }: { count: number; rounds: number; signal: AbortSignal },
): Promise<string[]> {
  const all: Measured[][] = ways.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [i, way] of ways.entries()) all[i]?.push(await measure(infrastructure, way, count, signal));
  }
  const of = (i: number, what: keyof Measured) => median((all[i] ?? []).map((each) => each[what]));
  const rows = ways.map(({ name }, i) => [
    name,
    `${Math.round(of(i, 'rate') / 1_000)} k`,
    `${Math.round(Math.max(...(all[i] ?? []).map(({ rate }) => rate)) / 1_000)} k`,
    (of(i, 'rate') / of(0, 'rate')).toFixed(2),
    of(i, 'bytes').toFixed(0),
    of(i, 'clientCpu').toFixed(1),
    of(i, 'brokerCpu').toFixed(1),
  ]);
  const head = [
    'records a second',
    'median',
    'best',
    'of the limit',
    'bytes each',
    'client CPU',
    'broker CPU',
  ];
  return table([head, ...rows], [1, 2, 3, 4, 5, 6]);
}

async function measure(
  infrastructure: Infrastructure,
  way: Producing,
  count: number,
  signal: AbortSignal,
): Promise<Measured> {
  const { brokers, registryUrl } = infrastructure;
  const client = createKafkaClient({ brokers, clientId: 'bench', log });
  const topic = `bench-${process.hrtime.bigint()}`;
  await using admin = createAdmin({ client, log });
  await admin.ensureTopics([{ name: topic, partitions: PARTITIONS, replicationFactor: 3, config: CONFIG }]);
  const before = [brokerTicks(infrastructure), childTicks()] as const;
  const { seconds } = await way.produce({ brokers, registryUrl, topic, count }, signal);
  const after = [brokerTicks(infrastructure), childTicks()] as const;
  const cpu = (which: 0 | 1) => ((after[which] - before[which]) / TICKS_PER_SECOND / count) * 1_000_000;
  await using inspector = createInspector({ client });
  const sizes = await inspector.sizes(await inspector.topics([topic]));
  const bytes = [...sizes.values()].reduce((sum, byBroker) => sum + Math.max(...byBroker.values()), 0);
  await admin.removeTopic(topic);
  return { rate: count / seconds, bytes: bytes / count, brokerCpu: cpu(0), clientCpu: cpu(1) };
}

const CONFIG = { 'min.insync.replicas': '2' };

const brokerTicks = (infrastructure: Infrastructure): number =>
  infrastructure
    .processes()
    .filter(({ name }) => name.startsWith('kafka-'))
    .reduce((sum, { pid }) => sum + (statOf(pid)?.ticks ?? 0), 0);

/** Of those that have ended: each way is one. */
const childTicks = (): number => statOf(process.pid)?.endedChildrenTicks ?? 0;
