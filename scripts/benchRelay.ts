import { codecs } from './bench/codecs.ts';
import { choiceOption, countOption, numberOption } from './bench/optionValues.ts';
import { readFlags } from './bench/readFlags.ts';
import { relaying } from './bench/relaying.ts';
import { type Life, runBench } from './bench/runBench.ts';
import { withInfrastructure } from './bench/withInfrastructure.ts';

const help = `Measures how fast the outbox gets to Kafka.

Usage: npm run bench:relay [-- OPTIONS]

Starts brokers and PostgreSQL of its own on free ports, in a folder that it removes, with Brew's own events for one topic (six partitions,
three replicas, acks=all), in a database of its own. A process with the relay as a service has it sends

  a full outbox            rows that were there before it started, in several rounds
  a steady stream          rows as they are committed, five in a transaction: how long from the commit to Kafka's acknowledgement
  the same, beside an open transaction, which lets PostgreSQL remove nothing of what was deleted, minute by minute; and at its end,
                           with all that still there, a full outbox once more

  --rows N           rows of a full outbox (500000)
  --rounds N         how often it is sent (3)
  --rate N           rows a second of the steady stream (1000)
  --minutes N        how long a transaction stays open (10); 0 leaves that out
  --compression C    none, gzip, snappy, lz4 or zstd; left out, what services take

CPU is seconds for a million rows: of the process with the relay (the steady stream's is also who commits), of PostgreSQL, and of the three
brokers together. It wants the machine for itself.

Examples:
  npm run bench:relay
  npm run bench:relay -- --rounds 1 --minutes 1
  npm run bench:relay -- --compression none --minutes 0
`;

interface Options {
  rows: number;
  rounds: number;
  rate: number;
  minutes: number;
  compression: (typeof codecs)[number] | undefined;
}

function readOptions(): Options | undefined {
  const flags = readFlags({
    rows: { type: 'string', default: '500000' },
    rounds: { type: 'string', default: '3' },
    rate: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '10' },
    compression: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (flags.help) return undefined;
  const { compression } = flags;
  return {
    rows: countOption('rows', flags.rows, 1),
    rounds: countOption('rounds', flags.rounds, 0),
    rate: numberOption('rate', flags.rate, 1),
    minutes: numberOption('minutes', flags.minutes, 0),
    compression: compression === undefined ? undefined : choiceOption('compression', compression, codecs),
  };
}

/** How long the steady stream is without a transaction beside it. */
const QUIET_SECONDS = 30;

async function relay(
  { rows, rounds, rate, minutes, compression }: Options,
  { signal }: Life,
): Promise<boolean> {
  await withInfrastructure(signal, async (infrastructure) => {
    await using bench = await relaying(infrastructure, compression, signal);
    for (let round = 0; round < rounds; round++) console.log(await bench.drain('a full outbox', rows));
    for (const line of await bench.pace('a steady stream', { rate, seconds: QUIET_SECONDS }))
      console.log(line);
    if (minutes === 0) return;
    await using _open = await bench.openTransaction();
    const beside = 'beside an open transaction';
    for (const line of await bench.pace(beside, { rate, seconds: minutes * 60 })) console.log(line);
    if (rounds > 0) console.log(await bench.drain(beside, rows));
  });
  return true;
}

process.exit(await runBench({ help, readOptions, measure: relay }));
