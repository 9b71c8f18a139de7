import { type Command, Option } from 'commander';
import { examples, findAddresses, untilInterrupted } from '../commandLine.ts';
import { ArgumentInvalidError, exitCodes, NotRunningError } from '../errors.ts';
import type { Io } from '../io.ts';
import { parseCount, parseLettersRate } from '../options.ts';
import { suggestion } from '../text/nearest.ts';
import type { ActOptions } from './act.ts';
import type { Server } from './groups.ts';
import type { ListOptions } from './list.ts';
import type { LogOptions } from './log.ts';
import { parseWhy, reasonsHelp, staffToken, withFilter, withSelection } from './options.ts';

export function registerDlq(program: Command, exit: (code: number) => void, io: Io): void {
  const done = (ok: boolean) => exit(ok ? exitCodes.ok : exitCodes.failed);
  const dlq = program
    .command('dlq')
    .description('dead letters: what consumer groups could not handle; list, show, redrive, discard')
    .enablePositionalOptions()
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `${examples(
        'npx brew dlq',
        'npx brew dlq list kitchen',
        'npx brew dlq show kitchen 17',
        'npx brew dlq redrive kitchen --all',
        'npx brew dlq log',
      )}

A letter is a record that a group could not handle, in GROUP.dlq, with what was wrong. While one
waits, its key is parked: what comes of that key in that topic waits behind it. To redrive is to let
the group's own handlers take it again; to discard is to give it up.
FAILED 5×: letters that have failed five redrives (givenUp in JSON): only their ids redrive them.
Exit code 0: all services answered; 1: one did not, and its letters are not known.${staffToken}`,
    )
    // What is none of the commands is told in better words than commander's.
    .allowExcessArguments()
    .action(async (options: { json?: boolean }, { args: [word] }: Command) => {
      if (word !== undefined) {
        const names = dlq.commands.map((command) => command.name());
        const todo = `List the letters of a group with: npx brew dlq list ${word}`;
        throw new ArgumentInvalidError(`There is no command dlq ${word}.`, suggestion(word, names, todo));
      }
      const { overview } = await import('./overview.ts');
      done(await overview(options, await server(), io, untilInterrupted()));
    });

  withFilter(dlq.command('list'))
    .description('show the letters of a group, or of all of them, the oldest first')
    .argument('[group]', 'such as kitchen; left out: all')
    .addOption(
      new Option('--status <status>', 'what became of them')
        .choices(['waiting', 'redriven', 'discarded', 'all'])
        .default('waiting'),
    )
    .option('-n, --limit <count>', 'of each group, so many', (value) => parseCount(value, '--limit'), 100)
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `${examples(
        'npx brew dlq list',
        'npx brew dlq list kitchen --type OrderPlaced --older-than 2h',
        'npx brew dlq list --error BREW_EVENT_INVALID --json | jq -r .key',
      )}
${reasonsHelp}
BEHIND is how many letters of its key in its topic wait behind it: they go with it. REDRIVES is how
many have failed. Columns in which there is nothing are left out.
Exit code 0: all services answered; 1: one did not, and its letters are not known.${staffToken}`,
    )
    .action(async (group: string | undefined, options: ListOptions) => {
      const { list } = await import('./list.ts');
      done(await list(group, options, await server(group), io, untilInterrupted()));
    });

  dlq
    .command('show')
    .description('show one letter: where it came from, why it is here, its headers, its value, what waits')
    .argument('<group>', 'its group; or GROUP/ID')
    .argument('[id]', 'its id, as lists show it')
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `${examples('npx brew dlq show kitchen 17', 'npx brew dlq show kitchen/17 --json | jq .data')}${staffToken}`,
    )
    .action(async (first: string, second: string | undefined, options: { json?: boolean }) => {
      const [{ show }, { parseNames }] = await Promise.all([import('./show.ts'), import('./selection.ts')]);
      const { group, ids } = parseNames(first, second === undefined ? [] : [second]);
      const [id, ...others] = ids;
      if (id === undefined || others.length > 0) {
        throw new ArgumentInvalidError(
          'It shows one letter.',
          `Give its id, as shown by: npx brew dlq list ${group}`,
        );
      }
      await show(group, id, options, await server(group), io, untilInterrupted());
      exit(exitCodes.ok);
    });

  withFilter(withSelection(dlq.command('redrive')))
    .description('let the group handle letters again, in their order; nobody else gets them')
    .addOption(
      new Option(
        '--rate <letters>',
        'at most so many a second, on average: what waits behind a letter goes with it',
      ).argParser(parseLettersRate),
    )
    .option('--why <text>', 'what is kept as the reason', parseWhy)
    .addHelpText(
      'after',
      `${examples(
        'npx brew dlq redrive kitchen 17 --dry-run',
        "npx brew dlq redrive kitchen 17 18 --why 'mended with #14'",
        'npx brew dlq redrive kitchen --type OrderPlaced --newer-than 2h',
        'npx brew dlq redrive kitchen --all --rate 50',
      )}
What waits behind a letter, of its key in its topic, goes with it. One that fails again stays, with
what is behind it; after five times only its id redrives it. Ctrl-C ends it behind the batch that is
under way.
Exit code 0: done, also where no letter was like that; 1: some failed again, all were left as they
are, it was interrupted, or the service refused or did not answer.${staffToken}`,
    )
    .action((group: string, ids: string[], options: ActOptions) => runAct('redrive', group, ids, options));

  withFilter(withSelection(dlq.command('discard')))
    .description('give letters up, with a reason; their bytes stay in GROUP.dlq until retention takes them')
    .requiredOption('--why <text>', 'what is kept as the reason', parseWhy)
    .option('--yes', 'do not ask, also for more than one')
    .addHelpText(
      'after',
      `${examples(
        "npx brew dlq discard kitchen 17 --why 'a test of last week'",
        "npx brew dlq discard analytics --all --why 'replayed' --yes",
        "npx brew dlq discard order --reason foreign --why 'not ours' --dry-run",
      )}
With the last letter of a key in its topic, the group goes on with what comes of that key.
What a discarded event asks for stays undone: an order may wait for good, such as one that is paid
and that the kitchen never hears of. npx brew verify shows those, and an hour after the payment npx
brew overdue, by which they are cancelled (--cancel: the kitchen drops also what it never heard of)
or refunded (--refund: what it has begun, and nobody will bring). To have it made instead, send the
event again under its old id once the cause is mended, as long as its topic keeps it: whoever had it
skips it.
  npx brew consume orders --key KEY --type OrderPlaced --json | npx brew produce orders --input json

Exit code 0: done, also where no letter was like that; 1: all were left as they are, a person said
no, it was interrupted, or the service refused or did not answer.${staffToken}`,
    )
    .action((group: string, ids: string[], options: ActOptions) => runAct('discard', group, ids, options));

  async function runAct(what: 'redrive' | 'discard', word: string, ids: string[], options: ActOptions) {
    const [{ act }, { parseNames, selectionOf }] = await Promise.all([
      import('./act.ts'),
      import('./selection.ts'),
    ]);
    const named = parseNames(word, ids);
    const selection = selectionOf(named, options);
    const { group } = named;
    done(await act(what, group, selection, options, await server(group), io, untilInterrupted()));
  }

  dlq
    .command('log')
    .description('show who redrove or discarded what, when and why; the newest first')
    .argument('[group]', 'such as kitchen; left out: all')
    .option(
      '-n, --limit <count>',
      'of each group, so many',
      (value) => parseCount(value, '--limit', 1_000),
      20,
    )
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `${examples('npx brew dlq log', 'npx brew dlq log kitchen --json | jq .why')}${staffToken}`,
    )
    .action(async (group: string | undefined, options: LogOptions) => {
      const { log } = await import('./log.ts');
      done(await log(group, options, await server(group), io, untilInterrupted()));
    });

  // What it would ignore may be what was meant.
  for (const command of dlq.commands) command.allowExcessArguments(false);
}

/**
 * Where the services are; they tell also while no broker answers.
 * @throws ArgumentInvalidError when there is no such group, NotRunningError
 */
async function server(group?: string): Promise<Server> {
  const { requireGroup } = await import('./groups.ts');
  if (group !== undefined) requireGroup(group);
  const { addresses, problem } = await findAddresses();
  if (problem instanceof NotRunningError) throw problem;
  return addresses;
}
