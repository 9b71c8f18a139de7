import type { Ports } from '@brew/sandbox';
import type { Command, CommanderError } from 'commander';
import type { Addresses } from './addresses.ts';
import { ClusterUnreachableError, NotRunningError } from './errors.ts';

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
  const { addressesOf } = await import('./addresses.ts');
  return addressesOf(await runningPorts());
}

/** @throws as runningAddresses does */
export async function runningPorts(): Promise<Ports> {
  const { run, ports, answers } = await look();
  if (answers) return ports;
  const [{ addressesOf }, { brewDir }] = await Promise.all([import('./addresses.ts'), import('./paths.ts')]);
  throw run ? new ClusterUnreachableError(addressesOf(ports).brokers) : new NotRunningError(brewDir());
}

/** Undefined when nobody listens there. */
export async function portsIfRunning(): Promise<Ports | undefined> {
  const { ports, answers } = await look();
  return answers ? ports : undefined;
}

async function look() {
  const [{ addressesOf, anyBrokerAnswers }, { defaultPorts, findRun }, { brewDir }] = await Promise.all([
    import('./addresses.ts'),
    import('@brew/sandbox'),
    import('./paths.ts'),
  ]);
  const run = await findRun(brewDir());
  const ports = run?.ports ?? defaultPorts;
  return { run, ports, answers: await anyBrokerAnswers(addressesOf(ports)) };
}

/** Aborted by the first Ctrl-C, which then ends the command in order; the next one ends it as usual. */
export function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  return interrupted.signal;
}
