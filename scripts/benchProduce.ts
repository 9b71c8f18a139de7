import type { Infrastructure } from '@brew/sandbox';
import { pino } from 'pino';
import { benchEvents, lineOf } from './bench/benchEvents.ts';
import { codecs } from './bench/codecs.ts';
import { compareProducers, kafkas, ours, withPayloads } from './bench/compareProducers.ts';
import { choiceOption, countOption } from './bench/optionValues.ts';
import { readFlags } from './bench/readFlags.ts';
import { type Life, runBench } from './bench/runBench.ts';
import { withInfrastructure } from './bench/withInfrastructure.ts';

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

const KIB = 1024;
/** As large as those of the platformatic adapter come out: see MAX_BATCH_BYTES in packages/kafka/src/producer/batches.ts. */
const LIKE_OURS = 900 * KIB;
const DEFAULT = 16 * KIB;
/** How many different events Kafka's own tool picks from. */
const LINES = 20_000;

const kinds = ['100', '500', 'events'] as const;
type Kind = (typeof kinds)[number];

interface Options {
  count: number;
  rounds: number;
  only: Kind | undefined;
}

function readOptions(): Options | undefined {
  const flags = readFlags({
    records: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (flags.help) return undefined;
  return {
    count: countOption('records', flags.records, 1),
    rounds: countOption('rounds', flags.rounds, 1),
    only: flags.only === undefined ? undefined : choiceOption('only', flags.only, kinds),
  };
}

/** Lets ways write, and prints how they did. */
type Compare = (ways: Parameters<typeof compareProducers>[1]) => Promise<void>;

async function letters(size: number, compare: Compare): Promise<void> {
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
  await compare(ways);
}

async function events({ registryUrl }: Infrastructure, compare: Compare): Promise<void> {
  const records = await benchEvents(LINES, { registryUrl, topic: 'none', log: pino({ level: 'silent' }) });
  await withPayloads(records.map(lineOf), async (file) => {
    const what = ['--payload-file', file];
    for (const compression of codecs) {
      console.log(`Brew's own events, ${compression}\n`);
      const tool = kafkas("Kafka's own tool", { batchBytes: Math.round(LIKE_OURS / 6), compression, what });
      const kafkajs = ours('kafkajs', { library: 'kafkajs', compression, what: 'events' });
      const platformatic = ours('platformatic', { library: 'platformatic', compression, what: 'events' });
      await compare([tool, ...(compression === 'none' ? [kafkajs] : []), platformatic]);
    }
  });
}

async function produce({ count, rounds, only }: Options, { signal }: Life): Promise<boolean> {
  await withInfrastructure(signal, async (infrastructure) => {
    const compare: Compare = async (ways) => {
      const table = await compareProducers(infrastructure, ways, { count, rounds, signal });
      for (const line of table) console.log(line);
      console.log();
    };
    for (const kind of only ? [only] : kinds)
      await (kind === 'events' ? events(infrastructure, compare) : letters(Number(kind), compare));
  });
  return true;
}

process.exit(await runBench({ help, readOptions, measure: produce }));
