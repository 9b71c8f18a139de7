import type { Command } from 'commander';
import { examples, findAddresses, untilInterrupted } from '../commandLine.ts';
import { staffToken } from '../dlq/options.ts';
import { exitCodes, NotRunningError } from '../errors.ts';
import type { Io } from '../io.ts';
import type { OverdueOptions } from './overdue.ts';

export function registerOverdue(program: Command, exit: (code: number) => void, io: Io): void {
  program
    .command('overdue')
    .description('show orders that were paid long ago and have not ended; cancel or refund them')
    .option('--cancel <orders...>', 'have the kitchen drop these (or: all), so that their money goes back')
    .option('--refund <orders...>', 'end these (or: all) without asking anybody, and give their money back')
    .option('--yes', 'do not ask')
    .option('--json', 'as JSON; with --cancel or --refund what came of each order')
    .addHelpText(
      'after',
      `${examples(
        'npx brew overdue',
        'npx brew overdue --json | jq -r .orders[].orderId',
        'npx brew overdue --cancel all',
        'npx brew overdue --refund 019a1fdf-a963-741e-b8f2-000000000001 --yes',
      )}

How long after its payment an order is overdue is said by OVERDUE_AFTER_SECONDS (3600) of order.
First mend what holds them up, if it can be mended (npx brew status, npx brew dlq): they go on then.
Next --cancel: it goes by way of the kitchen, which drops an order unless it has begun, also one
that it never heard of; then the order ends and the money goes back. So nobody makes it later.
Then --refund, for what is still there and nobody will bring any more: order cancels it, whatever
its status is, and gives the money back without asking anybody. What courier has delivered is left
out.
Should it be brought after all, it is delivered and refunded, and npx brew verify tells of it; the
stock goes back to its shelf, also what the kitchen has used: count the shelf.
"all" stands for those that are overdue when it begins, and those that were paid first come first.
Exit code 0: done for each; 1: a person said no, or order refused one or did not answer.${staffToken}`,
    )
    .action(async (options: OverdueOptions) => {
      const { overdue } = await import('./overdue.ts');
      const { addresses, problem } = await findAddresses();
      if (problem instanceof NotRunningError) throw problem;
      exit((await overdue(options, addresses, io, untilInterrupted())) ? exitCodes.ok : exitCodes.failed);
    });
}
