import { Argument, type Command, Option } from 'commander';
import { examples, runningAddresses, untilInterrupted } from '../commandLine.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import { parseDrillRate, parseSeconds } from '../options.ts';
import type { DrillOptions } from './drill.ts';
import { type DrillKind, drillKinds } from './plan.ts';

export function registerDrill(program: Command, exit: (code: number) => void, io: Io): void {
  program
    .command('drill')
    .description('rehearse a failure of Kafka while orders flow, and tell what became of them')
    .addArgument(new Argument('<failure>', 'what happens').choices(drillKinds))
    .option('--yes', 'do not ask')
    .option('--rate <orders>', 'orders a second that the drill places', parseDrillRate, 2)
    .addOption(
      new Option('--patience <seconds>', 'how long its last orders may take')
        .argParser((value) => parseSeconds(value, '--patience'))
        .default(90_000, '90'),
    )
    .option('--json', 'one JSON object a line, the verdict last')
    .addHelpText(
      'after',
      `
  controller   the active controller is killed
  broker       a broker that leads partitions is killed
  two-brokers  two of three are gone: writing is refused, orders wait in the outbox
  rolling      every node is restarted in turn, in order
${examples('npx brew drill controller', 'npx brew drill broker --yes', 'npx brew drill two-brokers --rate 5', 'npx brew drill rolling --yes --json | tail -1')}

Works on what npm start or docker compose runs. Starts again what it has ended, also after Ctrl-C.
With --speed 1, orders take minutes: give it --patience 900.
Exit code 0: nothing was lost and nothing happened twice; 1: something was, or did, or it did not
begin.`,
    )
    .action(
      async (
        kind: DrillKind,
        { patience, ...options }: Omit<DrillOptions, 'patienceMs'> & { patience: number },
      ) => {
        const [{ drill }, { brewDir }] = await Promise.all([import('./drill.ts'), import('../paths.ts')]);
        const where = { dir: brewDir(), addresses: await runningAddresses() };
        const sound = await drill(kind, { ...options, patienceMs: patience }, where, io, untilInterrupted());
        exit(sound ? exitCodes.ok : exitCodes.failed);
      },
    );
}
