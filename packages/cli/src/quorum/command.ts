import type { Command } from 'commander';
import { type ClusterOptions, clusterOf, withCluster } from '../cluster.ts';
import { examples, untilInterrupted } from '../commandLine.ts';
import { ArgumentInvalidError, exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import type { QuorumStatusOptions } from './quorumStatus.ts';

export function registerQuorumStatus(program: Command, exit: (code: number) => void, io: Io): void {
  withCluster(program.command('quorum-status'))
    .description('show the brokers, the voters of the metadata quorum, and which of them is its leader')
    .option('--watch', 'go on, once a second')
    .option('--compare', "compare with Kafka's own tool (needs a JDK)")
    .option('--json', 'as JSON; with --watch one JSON object a line')
    .addHelpText(
      'after',
      `${examples('npx brew quorum-status', 'npx brew quorum-status --watch', 'npx brew quorum-status --compare', 'npx brew quorum-status --bootstrap kafka.example.com:9092 --json | jq .raftLeader')}
Exit code 0: a controller is active (and Kafka's tool says the same); 1: none is (or it does not).
It needs Kafka 3.9 or newer.`,
    )
    .action(async (options: QuorumStatusOptions & ClusterOptions) => {
      if (options.watch && options.compare) {
        throw new ArgumentInvalidError(
          "--compare asks Kafka's tool once.",
          'Leave out --watch or --compare.',
        );
      }
      const { quorumStatus } = await import('./quorumStatus.ts');
      const sound = await quorumStatus(options, await clusterOf(options), io, untilInterrupted());
      exit(sound ? exitCodes.ok : exitCodes.failed);
    });
}
