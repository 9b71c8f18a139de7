import { type Command, Option } from 'commander';
import type { Security } from './clientConfig.ts';
import { runningAddresses } from './commandLine.ts';
import { ClusterUnreachableError } from './errors.ts';
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
export async function clusterOf({
  bootstrap,
  clientConfig,
  registry,
}: ClusterOptions): Promise<ClusterWithRegistry> {
  if (bootstrap === undefined) {
    const { brokers, registryUrl } = await runningAddresses();
    return { brokers, registryUrl: registry ?? registryUrl };
  }
  const [{ anyBrokerAnswers }, { readClientConfig }] = await Promise.all([
    import('./addresses.ts'),
    import('./clientConfig.ts'),
  ]);
  const security = clientConfig === undefined ? {} : await readClientConfig(clientConfig);
  if (!(await anyBrokerAnswers({ brokers: bootstrap }))) throw new ClusterUnreachableError(bootstrap);
  return {
    brokers: bootstrap,
    registryUrl: registry,
    ...security,
    ...(clientConfig !== undefined && { commandConfig: clientConfig }),
  };
}
