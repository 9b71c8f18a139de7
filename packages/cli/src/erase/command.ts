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
hold goes with their retention: see docs/personal-data.md.

Exit code 0: done; 1: not done, or the kitchen has records to read or dead letters that may bring
the name back: erase once more after that.${staffToken}`,
    )
    .action(async (customer: string, options: EraseOptions) => {
      const [{ arrears }, { erase }] = await Promise.all([import('./arrears.ts'), import('./erase.ts')]);
      const [addresses, signal] = [await runningAddresses(), untilInterrupted()];
      const done = await erase(customer, options, addresses, () => arrears(addresses, signal), io, signal);
      exit(done ? exitCodes.ok : exitCodes.failed);
    });
}
