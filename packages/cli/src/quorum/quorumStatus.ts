import { BrewError } from '@brew/events';
import { delay } from '@brew/kafka';
import { createQuorumAdmin, type QuorumAdmin } from '@brew/kafka/quorum';
import type { ClusterAddress } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import type { Io } from '../io.ts';
import { openScreen } from '../text/screen.ts';
import { compareWithKafka, renderComparison } from './compare.ts';
import { renderReport } from './renderReport.ts';
import { type QuorumReport, reportOf } from './report.ts';

export interface QuorumStatusOptions {
  json?: boolean;
  /** Goes on, once a second, until the signal is aborted. */
  watch?: boolean;
  /** Asks Kafka's own tool, too. */
  compare?: boolean;
}

/**
 * How long it waits for an answer, and how often it looks, in milliseconds. An election takes one to four seconds: whoever asks
 * once is content with what comes after it, and whoever watches wants to see it.
 */
const once = { patienceMs: 10_000, everyMs: 0 };
const watching = { patienceMs: 1_000, everyMs: 1_000 };

/**
 * Shows the cluster's members and its metadata quorum.
 * @returns whether a controller is active and, compared, Kafka's own tool says the same
 * @throws BrokerUnavailableError, ReadRefusedError; compared, what stands in the way of the tool
 */
export async function quorumStatus(
  options: QuorumStatusOptions,
  cluster: ClusterAddress,
  io: Io,
  signal: AbortSignal,
  pace = options.watch ? watching : once,
): Promise<boolean> {
  const client = clientOf(cluster, 'brew-quorum');
  await using admin = createQuorumAdmin({ client });
  // Awaited here: otherwise the connections would be closed before anything was asked.
  if (options.watch) return await watchQuorum(admin, pace, options, io, signal);

  const look = () => lookOnce(admin, pace.patienceMs);
  const report = await look();
  const comparison = options.compare ? await compareWithKafka(cluster, report, look) : undefined;
  const lines = options.json
    ? [JSON.stringify({ ...(comparison?.report ?? report), ...(comparison && { comparison }) }, null, 2)]
    : [
        ...renderReport(comparison?.report ?? report, io.columns(), io.paint),
        ...(comparison ? ['', ...renderComparison(comparison, io.paint)] : []),
      ];
  for (const line of lines) await io.out(line);
  return report.raftLeader !== null && (comparison?.agrees ?? true);
}

async function lookOnce(admin: QuorumAdmin, patienceMs: number, newestEpoch = 0): Promise<QuorumReport> {
  // One after the other: in an election, what the brokers say of each other may be as old as its beginning.
  const quorum = await admin.describeQuorum({ timeoutMs: patienceMs });
  return reportOf(await admin.describeCluster(), quorum, { newestEpoch });
}

async function watchQuorum(
  admin: QuorumAdmin,
  { patienceMs, everyMs }: typeof watching,
  { json }: QuorumStatusOptions,
  io: Io,
  signal: AbortSignal,
) {
  const screen = json ? undefined : await openScreen(io);
  let newestEpoch = 0;
  while (!signal.aborted) {
    const next = delay(everyMs, signal);
    try {
      const report = await lookOnce(admin, patienceMs, newestEpoch);
      newestEpoch = report.leaderEpoch ?? newestEpoch;
      await screen?.show(renderReport(report, io.columns(), io.paint));
      if (json) await io.out(JSON.stringify(report));
    } catch (error) {
      if (!(error instanceof BrewError && error.retryable)) throw error;
      await screen?.show([io.paint('red', error.message)]);
      if (json) await io.out(JSON.stringify({ time: new Date().toISOString(), problem: error.message }));
    }
    await next;
  }
  screen?.done();
  return true;
}
