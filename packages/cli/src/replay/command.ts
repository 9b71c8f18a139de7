import type { Command } from 'commander';
import { examples, runningAddresses, untilInterrupted } from '../commandLine.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import { parseProjection, parseReplayed, parseSince, parseUntil } from '../options.ts';
import type { ReplayCommandOptions } from './replay.ts';

export function registerReplay(program: Command, exit: (code: number) => void, io: Io): void {
  const replay = program
    .command('replay')
    .description('build the reports anew from the topics, while the live ones go on being read')
    .argument('<service>', 'analytics', parseReplayed)
    .enablePositionalOptions()
    .option('--projection <name>', 'only this one, such as sales; may be repeated', parseProjection)
    .option('--from <when>', 'only the hours since, the others are kept: 21d, 2026-11-01', (value) =>
      parseSince(value),
    )
    .option('--until <when>', 'now: build what there is now and keep it, without switching', parseUntil)
    .option('--resume', 'go on where a replay was cancelled, or make live what it built')
    .option('--in-place', 'remove the tables that were live once the new ones are; asks first')
    .option('--dry-run', 'say which hours would come from where, and do nothing')
    .option('--prune', 'build nothing; remove the tables that are not live; asks first')
    .option('--yes', 'agree to what it says will be gone, and to what counts something else')
    .option('--json', 'one JSON object a line')
    .option('--verbose', 'how far each partition is; and the stack of what goes wrong')
    .addHelpText(
      'after',
      `${examples(
        'npx brew replay analytics',
        'npx brew replay analytics --projection sales --from 21d',
        'npx brew replay analytics --dry-run',
        'npx brew replay analytics --in-place --yes',
        'npx brew replay analytics --prune',
        'npx brew replay check analytics',
      )}
What topics do not hold any more is carried over from the live tables, hour by hour, and compared is
what both have counted themselves. Nothing is removed without --yes.

Ctrl-C cancels it and leaves the live tables as they were.\nExit code 0: done; 1: not switched, or cancelled.${staffToken}`,
    )
    .action(async (_service: string, options: ReplayCommandOptions) => {
      const { replay } = await import('./replay.ts');
      const isDone = await replay(options, await runningAddresses(), io, untilInterrupted());
      exit(isDone ? exitCodes.ok : exitCodes.failed);
    });
  replay
    .command('check')
    .description('compare the live tables with a rebuild, and show where they differ')
    .argument('<service>', 'analytics', parseReplayed)
    .option('--projection <name>', 'only this one, such as sales; may be repeated', parseProjection)
    .option('--json', 'one JSON object a line')
    .option('--verbose', 'how far each partition is; and the stack of what goes wrong')
    .addHelpText(
      'after',
      `${examples('npx brew replay check analytics', 'npx brew replay check analytics --projection sales')}
It compares the whole hours that the topics still hold.\nExit code 0: they are alike; 1: they differ, or of one there was nothing to compare.${staffToken}`,
    )
    .action(async (_service: string, options: ReplayCommandOptions) => {
      const { check } = await import('./replay.ts');
      const isSound = await check(options, await runningAddresses(), io, untilInterrupted());
      exit(isSound ? exitCodes.ok : exitCodes.failed);
    });
}

const staffToken =
  '\n\nEnvironment:\n  STAFF_TOKEN   what the service was started with, if that is not the default';
