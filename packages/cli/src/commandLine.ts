import type { Command, CommanderError } from 'commander';
import { ClusterUnreachableError, NotRunningError } from './errors.ts';

// What the commands have in common.

export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** Subcommands throw and keep quiet as their program does; commander copies that only to those made later. */
export function inherit(command: Command): void {
  command.option('--verbose', 'show the stack of what goes wrong').exitOverride((error: CommanderError) => {
    throw error;
  });
}

/**
 * Of the system that runs; if none was started from here, those that the documentation names, as with Docker.
 * @throws NotRunningError when nobody listens there, ClusterUnreachableError when it runs and all its brokers are dead
 */
export async function runningAddresses() {
  const [{ addressesOf, anyBrokerAnswers }, { findRun }, { brewDir }] = await Promise.all([
    import('./addresses.ts'),
    import('@brew/sandbox'),
    import('./paths.ts'),
  ]);
  const dir = brewDir();
  const run = await findRun(dir);
  const addresses = addressesOf(run?.ports);
  if (!(await anyBrokerAnswers(addresses)))
    throw run ? new ClusterUnreachableError(addresses.brokers) : new NotRunningError(dir);
  return addresses;
}

/** Aborted by the first Ctrl-C, which then ends the command in order; the next one ends it as usual. */
export function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  return interrupted.signal;
}
