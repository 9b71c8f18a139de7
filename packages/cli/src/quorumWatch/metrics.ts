import { createServer } from 'node:http';
import { Counter, Gauge, Registry } from 'prom-client';
import { ArgumentInvalidError } from '../errors.ts';
import type { Firing } from './alerts.ts';
import { type Memory, silenceOf, type Thresholds } from './conditions.ts';
import type { Observation } from './observe.ts';

/** What Prometheus is told: always of the last look, and nothing of what is not known. */
export interface QuorumMetrics {
  registry: Registry;
  update(observation: Observation, memory: Memory | undefined, firing: readonly Firing[]): void;
}

export function createQuorumMetrics({ downAfterMs }: Pick<Thresholds, 'downAfterMs'>): QuorumMetrics {
  const registry = new Registry();
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  const reachable = gauge('brew_quorum_reachable', 'Whether any broker answers');
  const active = gauge('brew_quorum_active_controller', 'Whether a controller is active');
  const leader = gauge('brew_quorum_leader_id', 'Node id of the active controller');
  const epoch = gauge('brew_quorum_leader_epoch', 'Its term');
  const changes = new Counter({
    name: 'brew_quorum_leader_changes_total',
    help: 'Elections since watching began',
    registers: [registry],
  });
  const voters = gauge('brew_quorum_voters', 'Voters that there are');
  const votersUp = gauge('brew_quorum_voters_up', 'Voters that the active controller hears of');
  const lag = gauge(
    'brew_quorum_voter_lag_records',
    'Records of the metadata log that a voter lacks',
    'voter',
  );
  const behind = gauge('brew_quorum_voter_behind_seconds', 'How long ago a voter had all of them', 'voter');
  const underMinIsr = gauge(
    'brew_kafka_partitions_under_min_isr',
    'Partitions that nobody can write to with acks=all',
    'topic',
  );
  const alerts = gauge('brew_quorum_alert_firing', 'Alerts that fire', 'alert', 'subject');
  const lookedAt = gauge('brew_quorum_last_look_timestamp_seconds', 'When the cluster was last looked at');
  let epochBefore: number | undefined;

  return {
    registry,
    update(observation, memory, firing) {
      const { at, quorum } = observation;
      // Reset, one with labels has no value any more; one without would be 0, which is a value.
      for (const each of [lag, behind, underMinIsr, alerts]) each.reset();
      for (const each of [active, leader, epoch, voters, votersUp]) each.remove();
      lookedAt.set(at.getTime() / 1_000);
      reachable.set(quorum ? 1 : 0);
      for (const { alert, subject } of firing) alerts.set({ alert, subject }, 1);
      for (const { topic, partitions } of observation.underMinIsr ?? [])
        underMinIsr.set({ topic }, partitions.length);
      if (!quorum) return;
      active.set(quorum.raftLeader === null ? 0 : 1);
      if (quorum.raftLeader === null || quorum.leaderEpoch === null) return;
      leader.set(quorum.raftLeader);
      epoch.set(quorum.leaderEpoch);
      changes.inc(Math.max(0, quorum.leaderEpoch - (epochBefore ?? quorum.leaderEpoch)));
      epochBefore = quorum.leaderEpoch;
      const silence = [...silenceOf(observation, memory).values()];
      voters.set(silence.length);
      votersUp.set(silence.filter((ms) => ms <= downAfterMs).length);
      for (const node of quorum.nodes.filter(({ voter }) => voter)) {
        if (node.lag !== null) lag.set({ voter: node.id }, node.lag);
        if (node.behindMs !== null) behind.set({ voter: node.id }, node.behindMs / 1_000);
      }
    },
  };
}

export interface MetricsServer extends AsyncDisposable {
  url: string;
}

/**
 * Serves /metrics.
 * @param port 0: any that is free
 * @throws ArgumentInvalidError when it can't listen there
 */
export async function serveMetrics(
  registry: Registry,
  { host, port }: { host: string; port: number },
): Promise<MetricsServer> {
  const server = createServer(async (request, response) => {
    if (request.url !== '/metrics') {
      response.writeHead(404).end('There is only /metrics.\n');
      return;
    }
    response.writeHead(200, { 'content-type': registry.contentType }).end(await registry.metrics());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      reject(
        new ArgumentInvalidError(
          `--metrics ${host}:${port} can not be listened on (${code}).`,
          'Take another port.',
        ),
      );
    });
    server.listen(port, host, resolve);
  });
  const address = server.address();
  const bound = typeof address === 'object' && address ? address.port : port;
  return {
    url: `http://${host}:${bound}/metrics`,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
