import { delay } from '@brew/kafka';
import type { ClusterAddress } from '../cluster.ts';
import type { Io } from '../io.ts';
import { createAlerts } from './alerts.ts';
import { conditionsOf, type Memory, remember, type Thresholds } from './conditions.ts';
import { createQuorumMetrics, serveMetrics } from './metrics.ts';
import { createObserver, type Observation } from './observe.ts';
import { logFileSink } from './sinks/logFile.ts';
import type { Sink } from './sinks/sink.ts';
import { terminalSink } from './sinks/terminal.ts';
import { webhookSink } from './sinks/webhook.ts';

export interface QuorumWatchOptions {
  thresholds: Thresholds;
  /** How long it waits between two looks. */
  everyMs: number;
  /** How long no answer of an active controller counts as an election that may yet end well. */
  patienceMs: number;
  /** A file that each alert is appended to. */
  log?: string;
  /** A URL that each alert is posted to. */
  webhook?: string;
  /** Where Prometheus finds /metrics. */
  metrics?: { host: string; port: number };
  json?: boolean;
}

/**
 * Watches a cluster's quorum and partitions until the signal is aborted, and tells whoever wants to know when something begins to
 * be wrong, and when it ends.
 * @throws ArgumentInvalidError, FileUnreadableError: before it begins; ReadRefusedError
 */
export async function quorumWatch(
  options: QuorumWatchOptions,
  cluster: ClusterAddress,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  const { thresholds, everyMs, patienceMs, json } = options;
  await using resources = new AsyncDisposableStack();
  const sinks: Sink[] = [resources.use(terminalSink(io, { ...(json && { json }) }))];
  if (options.log !== undefined) sinks.push(resources.use(await logFileSink(options.log, io)));
  if (options.webhook !== undefined) sinks.push(resources.use(webhookSink(options.webhook, io)));
  const metrics = createQuorumMetrics(thresholds);
  if (options.metrics) {
    const { url } = resources.use(await serveMetrics(metrics.registry, options.metrics));
    io.note(`Prometheus finds its metrics at ${url}`);
  }
  const observer = resources.use(createObserver(cluster, patienceMs));
  const alerts = createAlerts();
  let memory: Memory | undefined;
  let clusterId = '';

  while (!signal.aborted) {
    const observation = await observer.observe(signal);
    if (signal.aborted) return;
    const isFirst = clusterId === '' && observation.quorum !== undefined;
    clusterId = observation.quorum?.clusterId ?? clusterId;
    memory = remember(memory, observation);
    const { conditions, unknown } = conditionsOf(observation, memory, thresholds);
    const changes = alerts.update(conditions, unknown, observation.at);
    if (isFirst) io.note(summaryOf(observation));
    for (const change of changes) for (const sink of sinks) sink.tell({ ...change, clusterId });
    metrics.update(observation, memory, alerts.firing);
    await delay(everyMs, signal);
  }
}

function summaryOf({ quorum }: Observation): string {
  const { clusterId, raftLeader, currentVoters } = quorum ?? {};
  return raftLeader == null
    ? `Watching cluster ${clusterId}, which has no active controller. Ctrl-C ends it.`
    : `Watching cluster ${clusterId}: active controller ${raftLeader}, voters ${currentVoters?.join(' ')}. Ctrl-C ends it.`;
}
