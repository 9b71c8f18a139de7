import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePorts, type Infrastructure, removeData, startInfrastructure } from '@brew/sandbox';
import { pino } from 'pino';
import { benchEvents, lineOf } from './bench/benchEvents.ts';
import { compareProducers, kafkas, ours, withPayloads } from './bench/compareProducers.ts';
import { machine } from './bench/machine.ts';
import { numberOption } from './bench/numberOption.ts';

const help = `Measures how fast records can be written to Kafka.

Usage: npm run bench:produce [-- OPTIONS]

Starts brokers of its own on free ports, in a folder that it removes. Then each way writes the same to a topic of its own (six
partitions, three replicas, acks=all), in turns, in a process of its own:

  Kafka's own tool   org.apache.kafka.tools.ProducerPerformance, idempotent, linger.ms=5: the limit
  kafkajs            the producer of @brew/kafka, on kafkajs
  platformatic       the same, on the connections of @platformatic/kafka

First values of 100 and of 500 random letters, without keys and headers, and Kafka's own tool with batches as large as ours and as
large as its default (16 KiB). Then Brew's own events with their keys and headers, packed in every way there is; Kafka's own tool writes
lines of text that hold the same.

  --records N        how many records of each kind (1000000)
  --rounds N         how often each way writes them (3)
  --only KIND        only one kind: 100, 500 or events

CPU is seconds for a million records: of the process that writes, with its start, and of the three brokers together. "bytes each" is
what a record takes on the wire and on a disk. It wants the machine for itself.

Examples:
  npm run bench:produce
  npm run bench:produce -- --records 200000 --rounds 1
  npm run bench:produce -- --only events
`;

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});

const KIB = 1024;
/** As large as those of the platformatic adapter come out: see MAX_BATCH_BYTES in packages/kafka/src/producer/batches.ts. */
const LIKE_OURS = 900 * KIB;
const DEFAULT = 16 * KIB;
/** How many different events Kafka's own tool picks from. */
const LINES = 20_000;
const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const;

const kinds = {
  '100': (infrastructure: Infrastructure) => letters(infrastructure, 100),
  '500': (infrastructure: Infrastructure) => letters(infrastructure, 500),
  events,
};
type Kind = keyof typeof kinds;

const amount = () => ({
  count: numberOption('records', values.records, 1),
  rounds: numberOption('rounds', values.rounds, 1),
});

async function letters(infrastructure: Infrastructure, size: number): Promise<void> {
  console.log(`Values of ${size} random letters\n`);
  const what = ['--record-size', `${size}`];
  const tool = (batchBytes: number) =>
    kafkas(`Kafka's own tool, batches of ${batchBytes / KIB} KiB`, { batchBytes, compression: 'none', what });
  const ways = [
    tool(LIKE_OURS),
    tool(DEFAULT),
    ours('kafkajs', { library: 'kafkajs', compression: 'none', what: size }),
    ours('platformatic', { library: 'platformatic', compression: 'none', what: size }),
  ];
  await print(infrastructure, ways);
}

async function events(infrastructure: Infrastructure): Promise<void> {
  const { registryUrl } = infrastructure;
  const records = await benchEvents(LINES, { registryUrl, topic: 'none', log: pino({ level: 'silent' }) });
  await withPayloads(records.map(lineOf), async (file) => {
    const what = ['--payload-file', file];
    for (const compression of codecs) {
      console.log(`Brew's own events, ${compression}\n`);
      const tool = kafkas("Kafka's own tool", { batchBytes: Math.round(LIKE_OURS / 6), compression, what });
      const kafkajs = ours('kafkajs', { library: 'kafkajs', compression, what: 'events' });
      const platformatic = ours('platformatic', { library: 'platformatic', compression, what: 'events' });
      await print(infrastructure, [tool, ...(compression === 'none' ? [kafkajs] : []), platformatic]);
    }
  });
}

async function print(
  infrastructure: Infrastructure,
  ways: Parameters<typeof compareProducers>[1],
): Promise<void> {
  for (const line of await compareProducers(infrastructure, ways, amount())) console.log(line);
  console.log();
}

async function main(): Promise<void> {
  const only = values.only;
  if (only !== undefined && !(only in kinds))
    throw new Error(`--only ${only} is none of ${Object.keys(kinds).join(', ')}.`);
  const dir = await mkdtemp(join(tmpdir(), 'brew-bench-'));
  try {
    const ports = await freePorts();
    await using infrastructure = await startInfrastructure({ dir, ports });
    console.log(`${machine()}\n`);
    for (const kind of only ? [only as Kind] : (Object.keys(kinds) as Kind[]))
      await kinds[kind](infrastructure);
  } finally {
    await removeData(dir);
    await rm(dir, { recursive: true, force: true });
  }
}

if (values.help) console.log(help);
else await main();
