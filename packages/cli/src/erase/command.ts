import type { Command } from 'commander';
import { examples, runningAddresses, untilInterrupted } from '../commandLine.ts';
import { staffToken } from '../dlq/options.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import type { EraseOptions } from './erase.ts';

export function registerErase(program: Command, exit: (code: number) => void, io: Io): void {
  program
    .command('erase')
    .description("forget a customer's name and address, wherever orders that are over have them")
    .argument('<customer>', 'the name, exactly as in the orders')
    .option('--address <address>', 'only at this address, where others have the same name')
    .option('--dry-run', 'only count the orders')
    .option('--yes', 'do not ask')
    .option('--json', 'as JSON; then --yes is needed, too')
    .addHelpText(
      'after',
      `${examples(
        'npx brew erase "Ada Lovelace" --dry-run',
        'npx brew erase "Ada Lovelace" --address "12 Bean Lane" --yes',
      )}
Orders under way are left, and counted: erase once more when they have ended. What the topics
hold goes with their retention: see docs/personal-data.md.${staffToken}`,
    )
    .action(async (customer: string, options: EraseOptions) => {
      const { erase } = await import('./erase.ts');
      const done = await erase(customer, options, await runningAddresses(), io, untilInterrupted());
      exit(done ? exitCodes.ok : exitCodes.failed);
    });
}
