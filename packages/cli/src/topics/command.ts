import type { Command } from 'commander';
import { type ClusterOptions, clusterOf, withCluster } from '../cluster.ts';
import { examples } from '../commandLine.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import { topicNamed } from '../options.ts';
import type { TopicsOptions } from './topics.ts';

export function registerTopics(program: Command, exit: (code: number) => void, io: Io): void {
  withCluster(program.command('topics'))
    .description('show topics: partitions, leaders, replicas in sync, offsets, size, settings')
    .argument('[name]', 'one of them, such as orders or brew.orders.v1; left out: all', topicNamed)
    .option('--all', "Kafka's own topics, too")
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `${examples('npx brew topics', 'npx brew topics orders', 'npx brew topics --json | jq ".[].name"', 'npx brew topics --bootstrap kafka.example.com:9092')}\nThe records of a compacted topic are fewer than its offsets.`,
    )
    .action(async (name: string | undefined, options: TopicsOptions & ClusterOptions) => {
      const { topics } = await import('./topics.ts');
      const complete = await topics(name, options, await clusterOf(options), io);
      exit(complete ? exitCodes.ok : exitCodes.failed);
    });
}
