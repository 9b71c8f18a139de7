import { Option } from 'commander';
import { ClusterUnreachableError, NotRunningError } from './errors.ts';
import { parseBootstrap, parseRegistry } from './options.ts';

// What the declarations of commands share; see program.ts.

/** For the help of commands that start something. */
export const environment = `

Environment:
  BREW_DIR          where data and logs are kept (default: .brew in the checkout)
  BREW_PORTS=free   take free ports, to run beside another Brew`;

export function examples(...lines: string[]): string {
  return `\nExamples:\n${lines.map((line) => `  ${line}`).join('\n')}`;
}

/**
 * Of the system that runs; if none was started from here, those that the documentation names, as with Docker.
 * @throws NotRunningError when nobody listens there
 */
export async function runningAddresses() {
  const [{ addressesOf, anyBrokerAnswers }, { findRun }, { brewDir }] = await Promise.all([
    import('./addresses.ts'),
    import('@brew/sandbox'),
    import('./paths.ts'),
  ]);
  const dir = brewDir();
  const addresses = addressesOf((await findRun(dir))?.ports);
  if (!(await anyBrokerAnswers(addresses))) throw new NotRunningError(dir);
  return addresses;
}

/** Which cluster a command is to look at; without it, the one that Brew runs. */
export interface ClusterOptions {
  bootstrap?: string[];
  registry?: string;
}

export const bootstrapOption = () =>
  new Option('--bootstrap <host:port,…>', 'any cluster; left out: the one that Brew runs')
    .env('BREW_BOOTSTRAP')
    .argParser(parseBootstrap);

export const registryOption = () =>
  new Option('--registry <url>', 'its schema registry (Confluent API); left out: that of Brew')
    .env('BREW_REGISTRY')
    .argParser(parseRegistry);

/**
 * Where the cluster is that a command looks at. Of another cluster than Brew's own, only the registry is known that is named.
 * @throws ClusterUnreachableError, NotRunningError
 */
export async function clusterOf({
  bootstrap,
  registry,
}: ClusterOptions): Promise<{ brokers: string[]; registryUrl: string | undefined }> {
  if (bootstrap === undefined) {
    const { brokers, registryUrl } = await runningAddresses();
    return { brokers, registryUrl: registry ?? registryUrl };
  }
  const { anyBrokerAnswers } = await import('./addresses.ts');
  if (!(await anyBrokerAnswers({ brokers: bootstrap }))) throw new ClusterUnreachableError(bootstrap);
  return { brokers: bootstrap, registryUrl: registry };
}

/** Aborted by the first Ctrl-C, which then ends the command in order; the next one ends it as usual. */
export function untilInterrupted(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => interrupted.abort());
  return interrupted.signal;
}
