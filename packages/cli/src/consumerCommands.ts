import type { Command } from 'commander';
import { examples, portsIfRunning, runningPorts, untilInterrupted } from './commandLine.ts';
import { exitCodes } from './errors.ts';
import type { Io } from './io.ts';
import type { NewConsumerOptions } from './newConsumer/plan.ts';
import { parseEvents, parseFrom, parsePort } from './options.ts';

/** `brew new consumer`, `brew dev` and `brew remove consumer`: a consumer from its first line to its last. */
export function addConsumerCommands(program: Command, exit: (code: number) => void, io: Io): void {
  const make = program
    .command('new')
    .description('write the beginnings of something new into the checkout')
    .addHelpText('after', examples('npx brew new consumer loyalty --events OrderPlaced,OrderDelivered'));
  make
    .command('consumer')
    .description('write a service that reads events, with a consumer group of its own')
    .argument('<name>', 'of its group, its folder and its database, such as loyalty')
    .requiredOption('--events <names>', 'what it handles, such as OrderPlaced,OrderDelivered', parseEvents)
    .option('--from <where>', 'where it begins to read: beginning or now', parseFrom, 'beginning')
    .option('--fan-out', 'every instance sees everything, as for caches, instead of sharing it')
    .option('--projection', 'offsets in PostgreSQL, written together with what was made of the records')
    .option('--port <port>', 'where it listens; left out: the next one that nobody has', parsePort)
    .option('--dry-run', 'only say what would be written')
    .addHelpText(
      'after',
      examples(
        'npx brew new consumer loyalty --events OrderPlaced,OrderDelivered',
        'npx brew new consumer alarm --events PaymentFailed --from now',
        'npx brew new consumer prices --events MenuItemChanged --fan-out',
        'npx brew new consumer refunds --events PaymentRefunded --projection --dry-run',
      ),
    )
    .action(async (name: string, options: NewConsumerOptions) => {
      const [{ newConsumer }, { root }] = await Promise.all([
        import('./newConsumer/newConsumer.ts'),
        import('./paths.ts'),
      ]);
      await newConsumer(name, options, root, io, untilInterrupted());
      exit(exitCodes.ok);
    });

  program
    .command('dev')
    .description('run a service of this checkout beside the system that runs, and show its log')
    .argument('<name>', 'of the service, such as loyalty')
    .addHelpText(
      'after',
      `${examples('npx brew dev loyalty', 'LOG_LEVEL=debug npx brew dev loyalty')}\nAgain in another terminal: one more instance, on a free port. Ctrl-C ends it in order.`,
    )
    .action(async (name: string) => {
      const { dev } = await import('./dev/dev.ts');
      exit(await dev(name, await runningPorts(), io));
    });

  const remove = program
    .command('remove')
    .description('take something out of the checkout that brew wrote into it')
    .addHelpText('after', examples('npx brew remove consumer loyalty'));
  remove
    .command('consumer')
    .description('remove a consumer that `brew new consumer` made, and what it has in a system that runs')
    .argument('<name>', 'of the consumer, such as loyalty')
    .option('--yes', 'do not ask, also when changes are lost that are in no commit')
    .addHelpText(
      'after',
      examples('npx brew remove consumer loyalty', 'npx brew remove consumer loyalty --yes'),
    )
    .action(async (name: string, options: { yes?: boolean }) => {
      const [{ removeConsumer }, { root }] = await Promise.all([
        import('./removeConsumer/removeConsumer.ts'),
        import('./paths.ts'),
      ]);
      const done = await removeConsumer(name, options, { root, ports: await portsIfRunning() }, io);
      exit(done ? exitCodes.ok : exitCodes.failed);
    });
}
