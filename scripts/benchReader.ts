import { orderTopics } from '@brew/events';
import { compareWays, drainInProcess } from './bench/compareWays.ts';
import type { Task } from './bench/drain.ts';
import { withKafkasTool } from './bench/kafkasTool.ts';
import { countOption } from './bench/optionValues.ts';
import { readFlags } from './bench/readFlags.ts';
import { type Life, runBench } from './bench/runBench.ts';
import { withHistory } from './bench/withHistory.ts';

const help = `Measures how fast a history of orders can be read from Kafka.

Usage: npm run bench:reader [-- OPTIONS]

Starts brokers of its own on free ports, in a folder that it removes, and writes the events of the simulator's
customers to the topics, with all headers. Then each way reads all of it, in turns, in a process of its own:

  Kafka's own tool   org.apache.kafka.tools.ConsumerPerformance: the limit, since it looks at nothing
  reader, walk       the reader of @brew/kafka, finding the type of each event
  reader, decode     the same, decoding the fields that the reports of analytics are made of
  consumer, decode   the group consumer of @brew/kafka (its default library), decoding everything, of 500 records at a time

  --events N         how many events (1000000)
  --rounds N         how often each of them reads (3)

It wants the machine for itself, and many events: with less than some 500,000, what is measured is how long a JVM takes to get going.

Examples:
  npm run bench:reader
  npm run bench:reader -- --events 100000 --rounds 1
`;

interface Options {
  count: number;
  rounds: number;
}

function readOptions(): Options | undefined {
  const flags = readFlags({
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    help: { type: 'boolean', short: 'h' },
  });
  if (flags.help) return undefined;
  return {
    count: countOption('events', flags.events, 1),
    rounds: countOption('rounds', flags.rounds, 1),
  };
}

async function read({ count, rounds }: Options, { signal }: Life): Promise<boolean> {
  await withHistory(count, signal, async ({ brokers, registryUrl }) => {
    const topics = orderTopics.map(({ name }) => name);
    const task: Task = { how: 'walk', brokers, registryUrl, topics, count };
    const ways = [
      { name: "Kafka's own tool", drain: () => withKafkasTool(task, signal) },
      { name: 'reader, walk', drain: () => drainInProcess(task, signal) },
      { name: 'reader, decode', drain: () => drainInProcess({ ...task, how: 'decode' }, signal) },
      { name: 'consumer, decode', drain: () => drainInProcess({ ...task, how: 'consumer' }, signal) },
    ];
    for (const line of await compareWays(ways, count, rounds)) console.log(line);
  });
  return true;
}

process.exit(await runBench({ help, readOptions, measure: read }));
