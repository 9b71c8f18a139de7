import { orderTopics } from '@brew/events';
import { createAnalyticsBench } from './bench/analytics.ts';
import { compareWays, drainInProcess } from './bench/compareWays.ts';
import type { Task } from './bench/drain.ts';
import { withKafkasTool } from './bench/kafkasTool.ts';
import { countOption } from './bench/optionValues.ts';
import { readFlags } from './bench/readFlags.ts';
import { type Life, runBench } from './bench/runBench.ts';
import { withHistory } from './bench/withHistory.ts';

const help = `Measures how fast the reports are built anew from Kafka.

Usage: npm run bench:replay [-- OPTIONS]

Starts brokers and PostgreSQL of its own on free ports, in a folder that it removes, and writes the events of the
simulator's customers to the topics, with all headers. Then, in turns, each in a process of its own:

  Kafka's own tool   org.apache.kafka.tools.ConsumerPerformance: the limit, since it looks at nothing
  consumer, decode   the consumer of @brew/kafka (its default library), decoding everything, writing nothing
  replay             the analytics service: from the request to the switch to new tables in PostgreSQL

  --events N         how many events (1000000)
  --rounds N         how often each of them reads (3)
  --profile FOLDER   profile the service, into this folder

It reads /proc, so it runs on Linux only, and wants the machine for itself.

Examples:
  npm run bench:replay
  npm run bench:replay -- --events 100000 --rounds 1
`;

interface Options {
  count: number;
  rounds: number;
  profile: string | undefined;
}

function readOptions(): Options | undefined {
  const flags = readFlags({
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    profile: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (flags.help) return undefined;
  return {
    count: countOption('events', flags.events, 1),
    rounds: countOption('rounds', flags.rounds, 1),
    profile: flags.profile,
  };
}

async function replay({ count, rounds, profile }: Options, { signal }: Life): Promise<boolean> {
  await withHistory(count, signal, async (infrastructure, ports) => {
    const { brokers, registryUrl } = infrastructure;
    const topics = orderTopics.map(({ name }) => name);
    const task: Task = { how: 'consumer', brokers, registryUrl, topics, count };
    const flags = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
    const analytics = await createAnalyticsBench(infrastructure, ports, flags, signal);
    const ways = [
      { name: "Kafka's own tool", drain: () => withKafkasTool(task, signal) },
      { name: 'consumer, decode', drain: () => drainInProcess(task, signal) },
      { name: 'replay', drain: analytics.replay },
    ];
    for (const line of await compareWays(ways, count, rounds)) console.log(line);
  });
  return true;
}

process.exit(await runBench({ help, readOptions, measure: replay }));
