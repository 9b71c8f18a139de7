import type { Ports } from '@brew/sandbox';
import type { Command, CommanderError } from 'commander';
import type { Addresses } from './addresses.ts';
import { ClusterUnreachableError, NotRunningError } from './errors.ts';
import { onSignals } from './signals.ts';

// What the commands have in common.

export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/** Subcommands throw and keep quiet as their program does; commander copies that only to those made later. */
export function inherit(command: Command): void {
  if (!command.options.some(({ long }) => long === '--verbose')) {
    command.option('--verbose', 'show the stack of what goes wrong');
  }
  command.exitOverride((error: CommanderError) => {
    throw error;
  });
  for (const subcommand of command.commands) inherit(subcommand);
}

/**
 * Of the system that runs; if none was started from here, those that the documentation names, as with Docker.
 * @throws NotRunningError when nobody listens there, ClusterUnreachableError when it runs and all its brokers are dead
 */
export async function runningAddresses(): Promise<Addresses> {
  const { addresses, problem } = await findAddresses();
  if (problem) throw problem;
  return addresses;
}

/** @throws as runningAddresses does */
export async function runningPorts(): Promise<Ports> {
  const { ports, problem } = await findAddresses();
  if (problem) throw problem;
  return ports;
}

/** Undefined when nobody listens there. */
export async function portsIfRunning(): Promise<Ports | undefined> {
  const { ports, problem } = await findAddresses();
  return problem ? undefined : ports;
}

/** Where the system is, or would be. With a `problem` when nobody listens there: what runningAddresses throws. */
export async function findAddresses() {
  const [{ addressesOf, anyBrokerAnswers }, { defaultPorts, findRun }, { brewDir }] = await Promise.all([
    import('./addresses.ts'),
    import('@brew/sandbox'),
    import('./paths.ts'),
  ]);
  const run = await findRun(brewDir());
  const ports = run?.ports ?? defaultPorts;
  const addresses = addressesOf(ports);
  if (await anyBrokerAnswers(addresses)) return { ports, addresses };
  const problem = run
    ? new ClusterUnreachableError(addresses.brokers, 'See what stands still with: npx brew status')
    : new NotRunningError(brewDir());
  return { ports, addresses, problem };
}

/** Aborted by the first Ctrl-C, which then ends the command in order; the next one ends it as usual. */
export function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  // Listeners that stay: who shows a cursor again in a terminal ends the process if nobody else listens to the signal.
  const listening = onSignals(
    () => interrupted.abort(),
    (signal) => {
      listening[Symbol.dispose]();
      process.kill(process.pid, signal);
    },
  );
  return interrupted.signal;
}
