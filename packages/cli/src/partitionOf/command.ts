import type { Command } from 'commander';
import { type ClusterOptions, clusterOf, withCluster } from '../cluster.ts';
import { examples } from '../commandLine.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import { parseCount, topicNamed } from '../options.ts';
import type { PartitionOfOptions } from './partitionOf.ts';

export function registerPartitionOf(program: Command, exit: (code: number) => void, io: Io): void {
  withCluster(program.command('partition-of'))
    .description('tell the partition of a key')
    .argument('<key>', "such as an order's id")
    .option('--topic <topic>', 'with as many partitions as it has, and who leads that one', topicNamed)
    .option(
      '--partitions <count>',
      "of so many partitions (default: 6, as all of Brew's topics have)",
      (value) => parseCount(value, '--partitions'),
    )
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `${examples('npx brew partition-of flat-white', 'npx brew partition-of flat-white --topic menu', 'npx brew partition-of ada --partitions 12 --json')}
As Java's producer and kafkajs choose it (murmur2). librdkafka's default is another one.`,
    )
    .action(async (key: string, options: PartitionOfOptions & ClusterOptions) => {
      const { partitionOfKey } = await import('./partitionOf.ts');
      const cluster = options.topic === undefined ? undefined : await clusterOf(options);
      await partitionOfKey(key, options, cluster, io);
      exit(exitCodes.ok);
    });
}
