import type { Command } from 'commander';
import { type ClusterOptions, clusterOf, withCluster } from '../cluster.ts';
import { examples } from '../commandLine.ts';
import { ClusterUnreachableError, exitCodes, NotRunningError } from '../errors.ts';
import type { Io } from '../io.ts';

export function registerDoctor(program: Command, exit: (code: number) => void, io: Io): void {
  withCluster(program.command('doctor'))
    .description('check the configuration of brokers and controllers, and the topics of a cluster that runs')
    .argument('[files...]', "server.properties and compose files of one cluster; left out: Brew's own")
    .option('--json', 'as JSON')
    .addHelpText(
      'after',
      `${examples(
        'npx brew doctor',
        'npx brew doctor /etc/kafka/server.properties',
        'npx brew doctor node-1.properties node-2.properties node-3.properties',
        'npx brew doctor docker-compose.yml infra/kafka/dedicated/docker-compose.yml',
        'npx brew doctor --bootstrap kafka.example.com:9092 --json | jq .findings',
      )}
Give all nodes of a cluster at once: many mistakes are between them. Compose files are put together
in their order, as docker compose -f does. Topics are looked at without files, or with --bootstrap.
Exit code 0: no errors; 1: there are some.`,
    )
    .action(async (given: string[], options: { json?: boolean } & ClusterOptions) => {
      const [{ doctor }, { sandboxFiles }, { brewDir, composeFile }] = await Promise.all([
        import('./doctor.ts'),
        import('./read/inputs.ts'),
        import('../paths.ts'),
      ]);
      const own = given.length === 0 && options.bootstrap === undefined;
      const written = own ? await sandboxFiles(brewDir()) : given;
      const files = own && written.length === 0 ? [composeFile] : written;
      const cluster =
        given.length === 0 || options.bootstrap ? await clusterIfRunning(options, io) : undefined;
      const sound = await doctor(files, options, cluster, io);
      exit(sound ? exitCodes.ok : exitCodes.failed);
    });
}

async function clusterIfRunning(options: ClusterOptions, io: Io) {
  try {
    return await clusterOf(options);
  } catch (error) {
    const own = options.bootstrap === undefined;
    if (!(error instanceof NotRunningError || (own && error instanceof ClusterUnreachableError))) throw error;
    io.note('No broker of Brew answers, so its topics are not looked at.');
    return undefined;
  }
}
