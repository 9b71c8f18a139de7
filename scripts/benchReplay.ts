import { parseArgs } from 'node:util';
import { orderTopics } from '@brew/events';
import { createAnalyticsBench } from './bench/analytics.ts';
import { compareWays, drainInProcess } from './bench/compareWays.ts';
import type { Task } from './bench/drain.ts';
import { withKafkasTool } from './bench/kafkasTool.ts';
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

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '3' },
    profile: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
});
if (values.help) console.log(help);
else {
  const count = Number(values.events);
  await withHistory(count, async (infrastructure, ports) => {
    const { brokers, registryUrl } = infrastructure;
    const topics = orderTopics.map(({ name }) => name);
    const task: Task = { how: 'consumer', brokers, registryUrl, topics, count };
    const flags = values.profile ? ['--cpu-prof', `--cpu-prof-dir=${values.profile}`] : [];
    const analytics = await createAnalyticsBench(infrastructure, ports, flags);
    const ways = [
      { name: "Kafka's own tool", drain: () => withKafkasTool(task) },
      { name: 'consumer, decode', drain: () => drainInProcess(task) },
      { name: 'replay', drain: analytics.replay },
    ];
    for (const line of await compareWays(ways, count, Number(values.rounds))) console.log(line);
  });
}
