import { type Command, Option } from 'commander';
import { type ClusterOptions, findCluster, withCluster } from '../cluster.ts';
import { examples, untilInterrupted } from '../commandLine.ts';
import { exitCodes } from '../errors.ts';
import type { Io } from '../io.ts';
import { parseCount, parseListen, parseSeconds, parseUrl } from '../options.ts';

interface Options extends ClusterOptions {
  every: number;
  minVoters: number;
  downAfter: number;
  maxLag: number;
  maxBehind: number;
  log?: string;
  webhook?: string;
  metrics?: { host: string; port: number };
  json?: boolean;
}

export function registerQuorumWatch(program: Command, exit: (code: number) => void, io: Io): void {
  const seconds = (name: string, what: string, standard: number) =>
    new Option(`${name} <seconds>`, what)
      .default(standard * 1_000, `${standard}`)
      .argParser((value) => parseSeconds(value, name));
  const count = (name: string) => (value: string) => parseCount(value, name);
  withCluster(program.command('quorum-watch'))
    .description('watch the metadata quorum and the partitions, and tell when something begins to be wrong')
    .addOption(seconds('--every', 'how often to look', 2))
    .option('--min-voters <count>', 'fewer than that are too few', count('--min-voters'), 3)
    .addOption(seconds('--down-after', 'a voter that is silent for so long is down', 5))
    .option('--max-lag <records>', 'of the metadata log, that a voter may lack', count('--max-lag'), 1_000)
    .addOption(seconds('--max-behind', 'since a voter had all of them', 10))
    .option('--log <file>', 'append each alert to it, as JSON')
    .option('--webhook <url>', 'post each alert to it, as JSON', (value) => parseUrl(value, '--webhook'))
    .option('--metrics <[host:]port>', 'serve /metrics for Prometheus', parseListen)
    .option('--json', 'one JSON object a line')
    .addHelpText(
      'after',
      `${examples(
        'npx brew quorum-watch',
        'npx brew quorum-watch --log alerts.jsonl --webhook https://example.com/alerts',
        'npx brew quorum-watch --metrics 9404 --bootstrap kafka.example.com:9092',
      )}
Alerts: cluster-unreachable, no-active-controller, leader-changed, voters-down, voter-lagging,
under-min-isr. Each is told when it fires and when it is resolved. When no broker answers, it goes
on looking.
Rules for Prometheus are in infra/prometheus/quorum.rules.yml.`,
    )
    .action(async (options: Options) => {
      const [{ quorumWatch }, { defaultThresholds }, { cluster, problem }] = await Promise.all([
        import('./quorumWatch.ts'),
        import('./conditions.ts'),
        findCluster(options),
      ]);
      const { every, minVoters, downAfter, maxLag, maxBehind, ...sinks } = options;
      const thresholds = {
        ...defaultThresholds,
        minVoters,
        downAfterMs: downAfter,
        maxLag,
        maxBehindMs: maxBehind,
      };
      if (problem) io.note(`${problem.message}\nIt goes on looking. Ctrl-C ends it.`);
      await quorumWatch(
        { ...sinks, thresholds, everyMs: every, patienceMs: 5_000 },
        cluster,
        io,
        untilInterrupted(),
      );
      exit(exitCodes.ok);
    });
}
