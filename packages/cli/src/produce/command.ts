import { type Command, Option } from 'commander';
import { type ClusterOptions, clusterOf, withRegistry } from '../cluster.ts';
import { examples, untilInterrupted } from '../commandLine.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import { parseHeader, parseType, topicNamed } from '../options.ts';
import type { ProduceOptions } from './produce.ts';

export function registerProduce(program: Command, exit: (code: number) => void, io: Io): void {
  withRegistry(program.command('produce'))
    .description('write records to a topic: one, or one for each line of the input')
    .argument('<topic>', 'such as menu or brew.menu.v1', topicNamed)
    .option('--key <key>', 'decides the partition; events have their own')
    .addOption(new Option('--value <text>', 'the value; left out: a record a line').conflicts('tombstone'))
    .option('--tombstone', 'no value: removes the key on a compacted topic')
    .option(
      '--type <event>',
      'an event of Brew, whose data the value is, as JSON',
      (value) => parseType(value)[0],
    )
    .option('--header <name=value>', 'may be repeated', parseHeader)
    .addOption(
      new Option('--input <format>', 'of the lines; json: as consume --json writes them')
        .choices(['text', 'json'])
        .default('text'),
    )
    .option('--raw', "text also on Brew's topics, where nobody can read it")
    .option('--json', 'where they went, as JSON')
    .addHelpText(
      'after',
      `${examples(
        'npx brew produce clicks --key ada --value hello',
        'npx brew produce clicks < lines.txt',
        'npx brew produce menu --key flat-white --tombstone',
        `npx brew produce orders --type OrderCancelled --value '{ "orderId": "…", … }'`,
        'npx brew consume clicks --json | npx brew produce copy --input json',
        `npx brew produce orders --raw --key poison --value 'not avro'`,
      )}
Input is read to its end and checked before anything is written.
A record counts as written when all replicas in sync have it.`,
    )
    .action(async (topic: string, options: ProduceOptions & ClusterOptions) => {
      const { produce } = await import('./produce.ts');
      await produce(topic, options, await clusterOf(options), io, untilInterrupted());
      exit(exitCodes.ok);
    });
}
