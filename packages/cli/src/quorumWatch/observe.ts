import { BrewError } from '@brew/events';
import { createInspector, type Inspector } from '@brew/kafka/inspect';
import { createQuorumAdmin, type QuorumAdmin } from '@brew/kafka/quorum';
import type { ClusterAddress } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import { type QuorumReport, reportOf } from '../quorum/report.ts';

/** A cluster at one moment, as far as it answers. */
export interface Observation {
  at: Date;
  /** Why nothing is known at all: no broker answers. Everything below is undefined then. */
  problem?: string;
  quorum?: QuorumReport;
  /** Undefined when the topics could not be read. */
  underMinIsr?: UnderMinIsr[];
}

/** Partitions of a topic that nobody can write to with acks=all. */
export interface UnderMinIsr {
  topic: string;
  minIsr: number;
  partitions: { partition: number; inSync: number }[];
}

export interface Observer extends AsyncDisposable {
  /** @param signal ends the waiting for an active controller */
  observe(signal: AbortSignal): Promise<Observation>;
}

/** How often the settings of topics are read again. */
const SETTINGS_MS = 60_000;

/** @param patienceMs how long an answer of the active controller is waited for */
export function createObserver(cluster: ClusterAddress, patienceMs: number): Observer {
  const client = clientOf(cluster, 'brew-quorum-watch');
  const admin = createQuorumAdmin({ client });
  const inspector = createInspector({ client });
  const minIsrOf = createMinIsr(inspector);
  let newestEpoch = 0;

  return {
    async observe(signal) {
      const at = new Date();
      try {
        const quorum = await lookAtQuorum(admin, { timeoutMs: patienceMs, signal }, newestEpoch);
        newestEpoch = quorum.leaderEpoch ?? newestEpoch;
        return { at, quorum, underMinIsr: await lookAtTopics(inspector, minIsrOf) };
      } catch (error) {
        if (!(error instanceof BrewError && error.retryable)) throw error;
        return { at, problem: error.message };
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([admin.close(), inspector.close()]);
    },
  };
}

async function lookAtQuorum(
  admin: QuorumAdmin,
  patience: { timeoutMs: number; signal: AbortSignal },
  newestEpoch: number,
): Promise<QuorumReport> {
  const quorum = await admin.describeQuorum(patience);
  return reportOf(await admin.describeCluster(), quorum, { newestEpoch });
}

async function lookAtTopics(
  inspector: Inspector,
  minIsrOf: ReturnType<typeof createMinIsr>,
): Promise<UnderMinIsr[]> {
  const topics = await inspector.topics();
  const minIsr = await minIsrOf(topics.map(({ name }) => name));
  return topics.flatMap(({ name, partitions }): UnderMinIsr[] => {
    const min = minIsr.get(name) ?? 1;
    const under = partitions.filter(({ inSync }) => inSync.length < min);
    if (under.length === 0) return [];
    return [
      {
        topic: name,
        minIsr: min,
        partitions: under.map(({ partition, inSync }) => ({ partition, inSync: inSync.length })),
      },
    ];
  });
}

/** min.insync.replicas of each topic, read when there is a new one, and every minute: asking for it each time would cost more than all else. */
function createMinIsr(inspector: Inspector) {
  let known = new Map<string, number>();
  let readAt = 0;
  return async (names: readonly string[]): Promise<ReadonlyMap<string, number>> => {
    if (Date.now() - readAt > SETTINGS_MS || names.some((name) => !known.has(name))) {
      const settings = await inspector.settings(names);
      known = new Map(
        [...settings].map(([name, each]) => [
          name,
          Number(each.find((setting) => setting.name === 'min.insync.replicas')?.value ?? 1),
        ]),
      );
      readAt = Date.now();
    }
    return known;
  };
}
