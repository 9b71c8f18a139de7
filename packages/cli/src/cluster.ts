import { type Command, Option } from 'commander';
import type { Security } from './clientConfig.ts';
import { findAddresses } from './commandLine.ts';
import { ClusterUnreachableError, type NotRunningError } from './errors.ts';
import { parseBootstrap, parseRegistry } from './options.ts';

/** Where a cluster is, and how it wants to be talked to. */
export interface ClusterAddress extends Security {
  brokers: readonly string[];
  /** The file that says so, for Kafka's own tools. */
  commandConfig?: string;
}

/** The same with its schema registry; undefined when nobody named one. */
export interface ClusterWithRegistry extends ClusterAddress {
  registryUrl: string | undefined;
}

/** Which cluster a command is to look at; without it, the one that Brew runs. */
export interface ClusterOptions {
  bootstrap?: string[];
  clientConfig?: string;
  registry?: string;
}

/** Why nobody answers. */
type Problem = NotRunningError | ClusterUnreachableError;

/** Gives a command the options that name a cluster. */
export const withCluster = (command: Command): Command =>
  command
    .addOption(
      new Option('--bootstrap <host:port,…>', 'any cluster; left out: the one that Brew runs')
        .env('BREW_BOOTSTRAP')
        .argParser(parseBootstrap),
    )
    .addOption(
      new Option('--client-config <file>', "TLS and SASL, as for Kafka's --command-config").env(
        'BREW_CLIENT_CONFIG',
      ),
    );

/** The same for a command that reads or writes Avro. */
export const withRegistry = (command: Command): Command =>
  withCluster(command).addOption(
    new Option('--registry <url>', 'its schema registry (Confluent API); left out: that of Brew')
      .env('BREW_REGISTRY')
      .argParser(parseRegistry),
  );

/**
 * Where the cluster is that a command looks at. Of another cluster than Brew's own, only the registry is known that is named.
 * @throws ClusterUnreachableError, NotRunningError, FileUnreadableError, ArgumentInvalidError
 */
export async function clusterOf(options: ClusterOptions): Promise<ClusterWithRegistry> {
  const { cluster, problem } = await findCluster(options);
  if (problem) throw problem;
  return cluster;
}

/**
 * The same for who waits until somebody answers there.
 * @returns a `problem` while nobody does
 * @throws FileUnreadableError, ArgumentInvalidError
 */
export async function findCluster({
  bootstrap,
  clientConfig,
  registry,
}: ClusterOptions): Promise<{ cluster: ClusterWithRegistry; problem?: Problem }> {
  if (bootstrap === undefined) {
    const { addresses, problem } = await findAddresses();
    const { brokers, registryUrl } = addresses;
    return { cluster: { brokers, registryUrl: registry ?? registryUrl }, ...(problem && { problem }) };
  }
  const [{ anyBrokerAnswers }, { readClientConfig }] = await Promise.all([
    import('./addresses.ts'),
    import('./clientConfig.ts'),
  ]);
  const security = clientConfig === undefined ? {} : await readClientConfig(clientConfig);
  const cluster = {
    brokers: bootstrap,
    registryUrl: registry,
    ...security,
    ...(clientConfig !== undefined && { commandConfig: clientConfig }),
  };
  if (await anyBrokerAnswers(cluster)) return { cluster };
  return { cluster, problem: new ClusterUnreachableError(bootstrap) };
}
