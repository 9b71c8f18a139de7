import { type Command, Option } from 'commander';
import { type ClusterOptions, clusterOf, withRegistry } from '../cluster.ts';
import { examples, untilInterrupted } from '../commandLine.ts';
import { ArgumentInvalidError, exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import { parseCount, parsePartitions, parseType, topicNamed } from '../options.ts';
import type { ConsumeOptions } from './consume.ts';
import { parseStart } from './start.ts';

export function registerConsume(program: Command, exit: (code: number) => void, io: Io): void {
  withRegistry(program.command('consume'))
    .description('show the records of topics, decoded; moves no offset')
    .argument('<topics...>', 'such as orders or brew.orders.v1', (value: string, before: string[] = []) => [
      ...before,
      topicNamed(value),
    ])
    .option(
      '--from <where>',
      'beginning, now, an offset, an age (10m, 2h), a time (default: beginning)',
      (value) => parseStart(value),
    )
    .addOption(
      new Option('--last <count>', 'the newest of each partition')
        .argParser((value: string) => parseCount(value, '--last'))
        .conflicts('from'),
    )
    .option('-n, --limit <count>', 'end after so many', (value) => parseCount(value, '--limit'))
    .option('-f, --follow', 'go on with what comes')
    .option('--key <key>', 'only of this key')
    .option('--type <event>', 'only of this type, such as OrderPlaced; may be repeated', parseType)
    .option('--partition <list>', 'only of these partitions, such as 0,3', parsePartitions)
    .option('--headers', 'with all headers; why a dead letter is one is always shown')
    .option('--json', 'one JSON object a line')
    .option('--raw', 'only the values, as they are')
    .addHelpText(
      'after',
      `${examples(
        'npx brew consume orders --last 5',
        'npx brew consume orders payments --from 10m --follow',
        'npx brew consume brew.orders.v1 --partition 3 --from 42 --limit 1 --json',
        'npx brew consume orders --key 0190a5c8-7b1e-7a40-8000-000000000001',
        'npx brew consume kitchen.dlq --headers',
        'npx brew consume clicks --bootstrap kafka:9092 --registry https://schemas.example.com',
      )}
It ends where the topics ended when it began, unless it is to follow.
Without a registry, Avro is shown as bytes.
Avro of others is JSON: longs beyond 2^53 and decimals are text with all their digits, dates and
times as in ISO 8601, durations such as P1M2DT3.004S, bytes and fixed 0x and hexadecimal digits;
so are keys and headers that are no UTF-8. In JSON, a header that comes twice has a list of values.`,
    )
    .action(async (topics: string[], options: ConsumeOptions & ClusterOptions) => {
      if (options.json && options.raw) {
        throw new ArgumentInvalidError('--json and --raw do not go together.', 'Take one of them.');
      }
      const { consume } = await import('./consume.ts');
      await consume(topics, options, await clusterOf(options), io, untilInterrupted());
      exit(exitCodes.ok);
    });
}
