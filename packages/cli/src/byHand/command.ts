import type { Command } from 'commander';
import { examples, untilInterrupted } from '../commandLine.ts';
import { ArgumentInvalidError, exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import type { Waiting } from './byHand.ts';

const what = 'order, kafka-1, postgres, …: the processes that npx brew status shows';

/** `brew stop`, which is about one process or all of them, `brew start` and `brew restart`. */
export function registerByHand(program: Command, exit: (code: number) => void, io: Io): void {
  /** @param action returns false when nobody waited for the end of it */
  async function byHand(action: (hand: typeof import('./byHand.ts'), waiting: Waiting) => Promise<boolean>) {
    const waited = await action(await import('./byHand.ts'), { signal: untilInterrupted() });
    exit(waited ? exitCodes.ok : exitCodes.failed);
  }

  program
    .command('stop')
    .description('stop what runs, in order, or some of its processes; the data stays')
    .argument('[names...]', `${what}; left out: all`)
    .option('--now', 'all of it, at once: for when it does not end in order')
    .addHelpText(
      'after',
      `${examples('npx brew stop', 'npx brew stop kitchen', 'npx brew stop kafka-1 kafka-2', 'npx brew stop --now')}\nA process that was stopped by its name stays so until it is started. One that dies by itself, or is\nkilled by its pid, is started again by Brew.`,
    )
    .action(async (names: string[], { now }: { now?: boolean }) => {
      if (now && names.length > 0)
        throw new ArgumentInvalidError('With --now all of it is stopped.', 'Leave out the names.');
      if (names.length > 0) return byHand((hand, waiting) => hand.stopProcesses(names, io, waiting));
      await (await import('../stop.ts')).stop(io, { now });
      exit(exitCodes.ok);
    });

  program
    .command('start')
    .description('start processes again that were stopped, or died too often; npm start starts Brew')
    .argument('<names...>', what)
    .addHelpText('after', examples('npx brew start kitchen', 'npx brew start kafka-1 kafka-2'))
    .action((names: string[]) => byHand((hand, waiting) => hand.startProcesses(names, io, waiting)));

  program
    .command('restart')
    .description('stop processes in order and start them again, one after the other')
    .argument('<names...>', what)
    .option('--client <library>', 'kafkajs or platformatic: by which services talk to Kafka from then on')
    .addHelpText(
      'after',
      `${examples('npx brew restart order', 'npx brew restart kafka-1 kafka-2 kafka-3', 'npx brew restart order kitchen --client kafkajs')}\nWhat --client says holds for each start of a service until Brew is stopped, also after a death.\nFor all services, from the next npm start on: BREW_KAFKA_CLIENT=kafkajs npm start`,
    )
    .action((names: string[], { client }: { client?: string }) =>
      byHand((hand, waiting) => hand.restartProcesses(names, io, { ...waiting, client })),
    );
}
