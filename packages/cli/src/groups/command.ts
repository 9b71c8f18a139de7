import type { Command } from 'commander';
import { type ClusterOptions, clusterOf, withCluster } from '../cluster.ts';
import { examples } from '../commandLine.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';

export function registerGroups(program: Command, exit: (code: number) => void, io: Io): void {
  withCluster(program.command('groups'))
    .description('show consumer groups: members, what they read, and how far behind they are')
    .argument('[name]', 'one of them, such as kitchen; left out: all')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `${examples('npx brew groups', 'npx brew groups kitchen', 'npx brew groups kitchen --json | jq .lag', 'npx brew groups --bootstrap kafka.example.com:9092')}\nWAITING is how long ago the first record that the group has not read was written.`,
    )
    .action(async (name: string | undefined, options: { json?: boolean } & ClusterOptions) => {
      const { groups } = await import('./groups.ts');
      await groups(name, options, await clusterOf(options), io);
      exit(exitCodes.ok);
    });
}
