import type { Command } from 'commander';
import { type ClusterOptions, clusterOf, withCluster } from '../cluster.ts';
import { examples } from '../commandLine.ts';
import { parsePast } from '../consume/start.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import type { RewindOptions } from './rewind.ts';

export function registerRewind(program: Command, exit: (code: number) => void, io: Io): void {
  withCluster(program.command('rewind'))
    .description('set a consumer group back to a time, so that it reads again what was written since')
    .argument('<group>', 'such as kitchen; it must have no members')
    .requiredOption(
      '--to <time>',
      'an age such as 2h, or a time such as 2026-01-31T12:00 (yours; with a Z: UTC); records are dated by who wrote them',
      (value) => parsePast(value, '--to'),
    )
    .option('--dry-run', 'only say what would be set')
    .option('--yes', 'do not ask')
    .option('--json', 'as JSON; then --yes is needed, too')
    .addHelpText(
      'after',
      `${examples(
        'npx brew rewind kitchen --to 2026-01-31T03:00 --dry-run',
        'npx brew rewind kitchen --to 26h --yes',
        'npx brew rewind reports --to 1d --bootstrap kafka.example.com:9092',
      )}
A group is never set ahead. What a service of Brew still knows in its inbox has no second
effect: see docs/again.md.`,
    )
    .action(async (group: string, options: RewindOptions & ClusterOptions) => {
      const { rewind } = await import('./rewind.ts');
      exit((await rewind(group, options, await clusterOf(options), io)) ? exitCodes.ok : exitCodes.failed);
    });
}
