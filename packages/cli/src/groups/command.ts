import type { Command } from 'commander';
import { type ClusterOptions, clusterOf, withCluster } from '../cluster.ts';
import { examples, findAddresses } from '../commandLine.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';

export function registerGroups(program: Command, exit: (code: number) => void, io: Io): void {
  withCluster(program.command('groups'))
    .description('show consumer groups: members, what they read, and how far behind they are')
    .argument('[name]', 'one of them, such as kitchen; left out: all')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `${examples('npx brew groups', 'npx brew groups kitchen', 'npx brew groups kitchen --json | jq .lag', 'npx brew groups --bootstrap kafka.example.com:9092')}\nWAITING is how long ago the first record that the group has not read was written.\nOf Brew's own groups it also tells how many dead letters wait, and how many keys are parked.\nWhat verify, watch or a cache of the menu has left behind is left out: brokers keep it ten minutes.`,
    )
    .action(async (name: string | undefined, options: { json?: boolean } & ClusterOptions) => {
      const { groups } = await import('./groups.ts');
      const cluster = await clusterOf(options);
      // The services of a cluster that somebody named are not ours to ask.
      const server = options.bootstrap === undefined ? (await findAddresses()).addresses : undefined;
      const complete = await groups(name, options, cluster, server, io);
      exit(complete ? exitCodes.ok : exitCodes.failed);
    });
}
