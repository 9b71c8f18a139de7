import { type Command, Option } from 'commander';
import { examples, untilInterrupted } from '../commandLine.ts';
import { ArgumentInvalidError, exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import { topicNamed } from '../options.ts';
import type { MetadataOptions } from './metadata.ts';

export function registerMetadata(program: Command, exit: (code: number) => void, io: Io): void {
  program
    .command('metadata')
    .description('show the records of the metadata log: topics, partitions, settings, brokers (needs a JDK)')
    .option(
      '--topic <name>',
      'its records in their order, and its partitions, such as orders or brew.orders.v1',
      topicNamed,
    )
    .option('--follow', 'show what is written from now on; with --topic also what was')
    .option('--node <name>', 'whose copy, such as kafka-2; left out: the one that goes furthest')
    .option('--dir <folder>', "the data folder of any node; left out: Brew's own, or its containers")
    .option('--json', 'as JSON; with --follow one JSON object a line')
    .addOption(new Option('--bootstrap <host:port,…>').env('BREW_BOOTSTRAP').hideHelp())
    .addHelpText(
      'after',
      `${examples(
        'npx brew metadata',
        'npx brew metadata --topic orders',
        'npx brew metadata --follow',
        'npx brew metadata --dir /var/lib/kafka/data --node kafka-2',
        'npx brew metadata --topic orders --json | jq ".records[].type"',
      )}
Kafka's own DumpLogSegments reads the files, so it has to run where they are. Of containers it reads
a copy, with the tool in their image. Passwords and what they could be told from are never shown.`,
    )
    .action(async ({ bootstrap, ...options }: MetadataOptions & { bootstrap?: string }) => {
      if (bootstrap !== undefined && options.dir === undefined) throw notFromBrokers(bootstrap);
      const [{ metadata }, { brewDir }] = await Promise.all([import('./metadata.ts'), import('../paths.ts')]);
      await metadata(options, brewDir(), io, untilInterrupted());
      exit(exitCodes.ok);
    });
}

/** Every other command takes a cluster's address, so that somebody will try. */
function notFromBrokers(bootstrap: string): ArgumentInvalidError {
  return new ArgumentInvalidError(
    `--bootstrap ${bootstrap} can not be read from: brokers do not hand out the metadata log, which is in files of the nodes.`,
    `Run it on a node, with --dir and its data folder, or copy the folder __cluster_metadata-0 from there. What the cluster says of topics now is shown by: npx brew topics --bootstrap ${bootstrap}`,
  );
}
