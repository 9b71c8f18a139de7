import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { parseArgs, promisify } from 'node:util';
import { mebibytes, table } from '@brew/cli/text';
import { topics as declarations, eventTypes } from '@brew/events';
import { createAdmin, createCodec, createKafkaClient, createProducer } from '@brew/kafka';
import { freePorts, type Infrastructure, removeData, runKafkaTool, startInfrastructure } from '@brew/sandbox';
import { pino } from 'pino';
import type { Drained, Task } from './bench/drain.ts';
import { writeHistory } from './bench/writeHistory.ts';

const help = `Measures how fast a history of orders can be read from Kafka.

Usage: npm run bench:reader [-- OPTIONS]

Starts brokers of its own on free ports, in a folder that it removes, and writes the events of the simulator's
customers to the topics, with all headers. Then each way reads all of it, in turns, in a process of its own:

  Kafka's own tool   org.apache.kafka.tools.ConsumerPerformance: the limit, since it looks at nothing
  reader, walk       the reader of @brew/kafka, finding the type of each event
  reader, decode     the same, decoding the fields that the reports of analytics are made of
  consumer, decode   the consumer of @brew/kafka (kafkajs), decoding everything

  --events N         how many events (1000000)
  --rounds N         how often each of them reads (3)

It wants the machine for itself.

Examples:
  npm run bench:reader
  npm run bench:reader -- --events 100000 --rounds 1
`;

const topics = Object.values(declarations)
  .filter(({ key }) => key === 'orderId')
  .map(({ name }) => name);

const log = pino({ level: 'warn' }, pino.destination(2));

async function write(count: number, { brokers, registryUrl }: Infrastructure): Promise<void> {
  const client = createKafkaClient({ brokers, clientId: 'bench', log });
  await using admin = createAdmin({ client, log });
  await admin.ensureTopics(Object.values(declarations));
  const codec = createCodec({ registryUrl, log });
  await codec.register(eventTypes);
  await codec.prepare(eventTypes);
  await using producer = createProducer({ client, log });
  await producer.start();
  await writeHistory(count, { producer, codec }, (written) => {
    if (process.stdout.isTTY) process.stdout.write(`\r${written} of ${count} events written`);
  });
  if (process.stdout.isTTY) process.stdout.write('\n');
}

/** Its rate without the joining of the group; it goes on for as long as it takes to see that there is no more. */
async function withKafkasTool({ brokers, count }: Task): Promise<Drained> {
  const args = [
    '--bootstrap-server',
    brokers.join(),
    '--include',
    topics.join('|'),
    '--num-records',
    String(count),
  ];
  // As Kafka's script sets it.
  const jvmFlags = ['-Xmx512m'];
  const output = await runKafkaTool(
    'org.apache.kafka.tools.ConsumerPerformance',
    [...args, '--hide-header'],
    { jvmFlags },
  );
  // Among lines of its log: start, end, MB, MB/s, records, records/s, join ms, fetch ms, MB/s and records/s of it.
  const fields = output
    .split('\n')
    .map((line) => line.split(','))
    .find(({ length }) => length === 10);
  if (!fields) throw new Error(`Kafka's tool has another output than the one that is known: ${output}`);
  return { records: Number(fields[4]), seconds: Number(fields[4]) / Number(fields[9]), memory: Number.NaN };
}

async function inProcess(task: Task): Promise<Drained> {
  const script = join(import.meta.dirname, 'bench/drain.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(task)]);
  return JSON.parse(stdout) as Drained;
}

const ways = [
  { name: "Kafka's own tool", drain: withKafkasTool },
  { name: 'reader, walk', drain: (task: Task) => inProcess({ ...task, how: 'walk' }) },
  { name: 'reader, decode', drain: (task: Task) => inProcess({ ...task, how: 'decode' }) },
  { name: 'consumer, decode', drain: (task: Task) => inProcess({ ...task, how: 'consumer' }) },
];

const rateOf = ({ records, seconds }: Drained) => records / seconds;
const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function measure(
  count: number,
  rounds: number,
  { brokers, registryUrl }: Infrastructure,
): Promise<string[]> {
  const task: Task = { how: 'walk', brokers, registryUrl, topics, count };
  const all: Drained[][] = ways.map(() => []);
  // In turns: what else happens on the machine happens to all of them.
  for (let round = 0; round < rounds; round++) {
    for (const [i, { name, drain }] of ways.entries()) {
      const drained = await drain(task);
      if (drained.records < count) throw new Error(`${name} read ${drained.records} of ${count} events.`);
      all[i]?.push(drained);
    }
  }
  const limit = median((all[0] ?? []).map(rateOf));
  const rows = ways.map(({ name }, i) => {
    const drained = all[i] ?? [];
    const rates = drained.map(rateOf);
    const memory = Math.max(...drained.map((one) => one.memory));
    return [
      name,
      `${Math.round(median(rates) / 1_000)} k`,
      `${Math.round(Math.max(...rates) / 1_000)} k`,
      (median(rates) / limit).toFixed(2),
      Number.isNaN(memory) ? '' : mebibytes(memory),
    ];
  });
  return table([['events a second', 'median', 'best', 'of the limit', 'memory'], ...rows], [1, 2, 3, 4]);
}

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) {
  console.log(help);
} else {
  const dir = await mkdtemp(join(tmpdir(), 'brew-bench-'));
  try {
    await using infrastructure = await startInfrastructure({ dir, ports: await freePorts() });
    console.log(
      `${cpus().length} cores, ${(totalmem() / 2 ** 30).toFixed(0)} GiB, ${cpus()[0]?.model.trim()}\n`,
    );
    await write(Number(values.events), infrastructure);
    for (const line of await measure(Number(values.events), Number(values.rounds), infrastructure))
      console.log(line);
  } finally {
    await removeData(dir);
    await rm(dir, { recursive: true, force: true });
  }
}
