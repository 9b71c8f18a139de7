import type { Command } from 'commander';
import { examples, findAddresses, untilInterrupted } from '../commandLine.ts';
import { staffToken } from '../dlq/options.ts';
import { exitCodes, NotRunningError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { OverdueOptions } from './overdue.ts';

export function registerOverdue(program: Command, exit: (code: number) => void, io: Io): void {
  program
    .command('overdue')
    .description('show orders that were paid long ago and have not ended; or have one cancelled')
    .option('--cancel <order>', 'have this one cancelled, and its money given back')
    .option('--yes', 'do not ask')
    .option('--json', 'as JSON; with --cancel the order')
    .addHelpText(
      'after',
      `${examples(
        'npx brew overdue',
        'npx brew overdue --json | jq -r .orders[].orderId',
        'npx brew overdue --cancel 019a1fdf-a963-741e-b8f2-000000000001 --yes',
      )}

How long after its payment an order is overdue is said by OVERDUE_AFTER_SECONDS (3600) of order.
A cancellation goes by way of the kitchen, which drops the order unless it has begun, also one that
it never heard of; then the order ends and the money goes back. What it has begun is only shown.
Exit code 0: done; 1: a person said no, or order refused or did not answer.${staffToken}`,
    )
    .action(async (options: OverdueOptions) => {
      const { overdue } = await import('./overdue.ts');
      const { addresses, problem } = await findAddresses();
      if (problem instanceof NotRunningError) throw problem;
      exit((await overdue(options, addresses, io, untilInterrupted())) ? exitCodes.ok : exitCodes.failed);
    });
}
