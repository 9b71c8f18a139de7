import type { ReportedNode } from '../quorum/report.ts';
import { duration, ranges } from '../text/format.ts';
import type { Observation } from './observe.ts';

/** What is watched for. */
export type AlertName =
  | 'cluster-unreachable'
  | 'no-active-controller'
  | 'leader-changed'
  | 'voters-down'
  | 'voter-lagging'
  | 'under-min-isr';

export interface Thresholds {
  /** Fewer voters than that are too few. */
  minVoters: number;
  /** A voter that has not asked for records for so long is down. */
  downAfterMs: number;
  /** Records of the metadata log that a voter may lack. */
  maxLag: number;
  /** How long ago a voter may have had all of them. */
  maxBehindMs: number;
  /** How long a change of the leader is worth an alert. */
  leaderChangeMs: number;
}

export const defaultThresholds: Thresholds = {
  minVoters: 3,
  // A voter asks twice a second, and the quorum gives up a leader after two.
  downAfterMs: 5_000,
  maxLag: 1_000,
  maxBehindMs: 10_000,
  leaderChangeMs: 60_000,
};

/** Something that is wrong now. */
export interface Condition {
  alert: AlertName;
  /** Which voter, topic or epoch, where there may be several; empty otherwise. */
  subject: string;
  message: string;
}

/** What is to be known of the past to judge the present. */
export interface Memory {
  leader: number | null;
  epoch: number;
  /** When this leader was first seen. */
  since: Date;
  /** What it came after; undefined for the first one that was seen: nobody knows whether it is new. */
  changedFrom: number | undefined;
}

/** The memory after an observation. Leaders that come and go unseen leave their mark on the epoch. */
export function remember(before: Memory | undefined, { at, quorum }: Observation): Memory | undefined {
  const { raftLeader, leaderEpoch } = quorum ?? {};
  if (raftLeader == null || leaderEpoch == null) return before;
  if (before?.epoch === leaderEpoch) return before;
  return { leader: raftLeader, epoch: leaderEpoch, since: at, changedFrom: before?.leader ?? undefined };
}

/**
 * What is wrong at this moment, and of which alerts nothing can be told: those stay as they are.
 * @param memory as it is after this observation
 */
export function conditionsOf(
  observation: Observation,
  memory: Memory | undefined,
  thresholds: Thresholds,
): { conditions: Condition[]; unknown: AlertName[] } {
  const { at, problem, quorum, underMinIsr } = observation;
  if (!quorum) {
    return {
      conditions: [{ alert: 'cluster-unreachable', subject: '', message: problem ?? 'No broker answers.' }],
      unknown: ['no-active-controller', 'leader-changed', 'voters-down', 'voter-lagging', 'under-min-isr'],
    };
  }
  const changed = leaderChange(at, memory, thresholds);
  const partitions = (underMinIsr ?? []).map(
    ({ topic, minIsr, partitions }): Condition => ({
      alert: 'under-min-isr',
      subject: topic,
      message: `${topic} has fewer than ${minIsr} replicas in sync in its partitions ${ranges(partitions.map(({ partition }) => partition))}: nobody can write to them with acks=all.`,
    }),
  );
  const unread: AlertName[] = underMinIsr ? [] : ['under-min-isr'];
  if (quorum.raftLeader === null) {
    const message =
      'No controller is active: no partition gets a new leader, and no topic can be made or changed.';
    return {
      conditions: [...changed, ...partitions, { alert: 'no-active-controller', subject: '', message }],
      // Only the active controller knows how the voters are.
      unknown: [...unread, 'voters-down', 'voter-lagging'],
    };
  }
  const voters = quorum.nodes.filter(({ voter }) => voter);
  const down = votersDown(silenceOf(observation, memory), thresholds);
  return {
    conditions: [...changed, ...partitions, ...down, ...lagging(voters, thresholds)],
    unknown: unread,
  };
}

function leaderChange(at: Date, memory: Memory | undefined, { leaderChangeMs }: Thresholds): Condition[] {
  if (memory?.changedFrom === undefined || at.getTime() - memory.since.getTime() > leaderChangeMs) return [];
  const { leader, changedFrom, epoch } = memory;
  const message =
    leader === changedFrom
      ? `The active controller is ${leader} again, after an election (epoch ${epoch}).`
      : `The active controller is ${leader}, and was ${changedFrom} (epoch ${epoch}).`;
  // Each change is an alert of its own: a second one within the minute is news, too.
  return [{ alert: 'leader-changed', subject: `epoch ${epoch}`, message }];
}

/**
 * How long each voter has been silent, by its id. After an election the leader has heard of nobody yet: that takes a moment, and
 * counts as silence from when the election was seen.
 */
export function silenceOf(
  { at, quorum }: Pick<Observation, 'at' | 'quorum'>,
  memory: Memory | undefined,
): Map<number, number> {
  const sinceElection = memory ? at.getTime() - memory.since.getTime() : 0;
  const voters = quorum?.nodes.filter(({ voter }) => voter) ?? [];
  return new Map(voters.map(({ id, silentMs }) => [id, silentMs ?? sinceElection]));
}

function votersDown(
  silence: ReadonlyMap<number, number>,
  { minVoters, downAfterMs }: Pick<Thresholds, 'minVoters' | 'downAfterMs'>,
): Condition[] {
  const down = [...silence].filter(([, silentMs]) => silentMs > downAfterMs);
  const up = silence.size - down.length;
  if (up >= minVoters) return [];
  const silent = down.map(([id, silentMs]) => `${id} (silent for ${duration(silentMs)})`).join(', ');
  const message = `${up} of ${silence.size} voters ${up === 1 ? 'is' : 'are'} up, and there should be ${minVoters}${silent ? `; down: ${silent}` : ''}.`;
  return [{ alert: 'voters-down', subject: '', message }];
}

function lagging(voters: readonly ReportedNode[], { maxLag, maxBehindMs }: Thresholds): Condition[] {
  return voters
    .filter(({ lag, behindMs }) => (lag ?? 0) > maxLag || (behindMs ?? 0) > maxBehindMs)
    .map(({ id, lag, behindMs }) => ({
      alert: 'voter-lagging',
      subject: String(id),
      message: `Voter ${id} lacks ${lag ?? 'an unknown number of'} records of the metadata log, and had all of them ${duration(behindMs ?? 0)} ago.`,
    }));
}
