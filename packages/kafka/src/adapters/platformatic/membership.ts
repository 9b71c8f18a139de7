import { randomUUID } from 'node:crypto';
import type { Membership, MembershipOptions } from '../../adapter.ts';
import { backoff } from '../../backoff.ts';
import { delay, within } from '../../delay.ts';
import { BrokerUnavailableError, ReadRefusedError } from '../../errors.ts';
import { committedByTopic } from '../../reader/commit.ts';
import type { Position } from '../../record.ts';
import { createBrokers } from '../../wire/brokers.ts';
import { createCoordinator } from '../../wire/coordinator.ts';
import { consumerGroupHeartbeatV1, offsetCommitV9 } from '../../wire/protocol.ts';
import { nameOf, refused } from '../../wire/protocolErrors.ts';
import { createOwnership } from './ownership.ts';

/** Joining again, and leaving. */
const TO_JOIN = 0;
const TO_LEAVE = -1;
/** For a member with an instance id: it will be back. */
const TO_PAUSE = -2;
/** Gives a partition number of all topics to the same member, so that an order's records of every topic are worked on by one process. */
const ASSIGNOR = 'range';
/** How long the group waits at least for a member that is to give up partitions: it ends its work first. */
const REBALANCE_TIMEOUT_MS = 60_000;
/** Until the coordinator has said how often it wants to hear of us. */
const FIRST_INTERVAL_MS = 1_000;
const RETRY = { initialMs: 100, maxMs: 1_000 };
const LEAVE_MS = 3_000;
const STALE_ATTEMPTS = 4;

const TOO_OLD =
  'UNSUPPORTED_VERSION, its brokers have no groups of KIP-848 (Kafka 4.0). With them, take kafkajs: BREW_KAFKA_CLIENT=kafkajs';

type Heartbeat = consumerGroupHeartbeatV1.ConsumerGroupHeartbeatResponse;

/** It has missed its session, or another coordinator does not know it: what it had is others' by now. */
const GIVEN_UP = new Set(['FENCED_MEMBER_EPOCH', 'UNKNOWN_MEMBER_ID']);

/**
 * A member of a group of the consumer protocol (KIP-848): the coordinator assigns, and members hear of it with their heartbeats. Only
 * partitions that move are given up, and nobody waits for anybody else.
 *
 * The library's own consumer acknowledges at once that it has given up partitions, with the work on them still in hand. Here the work ends first.
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-848%3A+The+Next+Generation+of+the+Consumer+Rebalance+Protocol
 */
export function createMembership(options: MembershipOptions): Membership {
  const { client, group, topics, instanceId = null, sessionTimeoutMs, log } = options;
  const rebalanceTimeoutMs = Math.max(REBALANCE_TIMEOUT_MS, sessionTimeoutMs);
  const brokers = createBrokers(client);
  const coordinator = createCoordinator(brokers, 'group', group);
  const ownership = createOwnership({ ...options, namesOf, onChanged: () => wake() });
  const memberId = randomUUID();
  let epoch = TO_JOIN;
  /** How often the group has given it up. */
  let givenUp = 0;
  let wake = () => {};
  let silentSince: number | undefined;

  const heartbeat = (memberEpoch: number): Promise<Heartbeat> =>
    coordinator.ask(
      (connection) =>
        consumerGroupHeartbeatV1.api.async(
          connection,
          group,
          memberId,
          memberEpoch,
          instanceId,
          null,
          rebalanceTimeoutMs,
          [...topics],
          null,
          ASSIGNOR,
          ownership.byTopicId(),
        ),
      ({ errorCode }) => [errorCode],
    );

  /** The names of topics, which the coordinator tells by their ids. */
  async function namesOf(ids: ReadonlySet<string>): Promise<ReadonlyMap<string, string>> {
    const { topics: found } = await brokers.metadata(`look for the topics of ${group}`, topics);
    const names = new Map(found.map(({ topicId, name }) => [topicId, name ?? '']));
    if (![...ids].every((id) => names.get(id)))
      throw new BrokerUnavailableError(`find the topics of ${group}`, new Error('UNKNOWN_TOPIC_ID'));
    return names;
  }

  /** @returns how long to wait for the next one, in milliseconds */
  async function beat(): Promise<number> {
    const answer = await heartbeat(epoch);
    const error = nameOf(answer.errorCode);
    if (GIVEN_UP.has(error)) {
      log.warn({ error }, 'the group has given this member up: joining it again');
      givenUp++;
      ownership.lose();
      epoch = TO_JOIN;
      return 0;
    }
    if (error === 'UNSUPPORTED_VERSION') throw new ReadRefusedError(`group ${group}`, TOO_OLD);
    if (answer.errorCode !== 0) throw refused(`group ${group}`, answer.errorCode);
    epoch = answer.memberEpoch;
    if (answer.assignment) ownership.aimAt(answer.assignment.topicPartitions);
    return answer.heartbeatIntervalMs;
  }

  async function leave(): Promise<void> {
    await ownership.revokeAll();
    if (epoch !== TO_JOIN) await within(LEAVE_MS, heartbeat(instanceId === null ? TO_LEAVE : TO_PAUSE));
    await within(LEAVE_MS, brokers.close());
  }

  /** As the group's members commit: a member that others have taken for dead may not. */
  const tryToCommit = (offsets: readonly Position[], memberEpoch: number) =>
    coordinator.ask(
      (connection) =>
        offsetCommitV9.api.async(
          ...[connection, group, memberEpoch, memberId, instanceId],
          committedByTopic(offsets),
        ),
      codesOfCommit,
    );

  return {
    async run(signal) {
      let failures = 0;
      try {
        while (!signal.aborted) {
          const woken = new AbortController();
          wake = () => woken.abort();
          if (ownership.failure) throw ownership.failure.error;
          let restMs = FIRST_INTERVAL_MS;
          silentSince ??= performance.now();
          try {
            restMs = await beat();
            failures = 0;
            silentSince = undefined;
          } catch (error) {
            if (error instanceof ReadRefusedError) throw error;
            log.debug({ err: error, failures }, 'a heartbeat failed');
            restMs = backoff(++failures, RETRY, Math.random());
          }
          await delay(restMs, AbortSignal.any([signal, woken.signal]));
        }
      } finally {
        await leave();
      }
    },
    get silentSince() {
      return silentSince;
    },
    async commit(offsets) {
      const since = givenUp;
      for (let failures = 1; ; failures++) {
        // They are of what it had before: with the epoch of a later joining, the coordinator would take them.
        if (givenUp !== since || epoch === TO_JOIN)
          throw new ReadRefusedError(`group ${group}`, 'it has given this member up');
        const before = epoch;
        const failed = codesOfCommit(await tryToCommit(offsets, before)).find((code) => code !== 0);
        if (failed === undefined) return;
        // The coordinator is a heartbeat ahead of us.
        if (nameOf(failed) !== 'STALE_MEMBER_EPOCH' || failures === STALE_ATTEMPTS)
          throw refused(`group ${group}`, failed);
        if (epoch === before) await delay(backoff(failures, RETRY, Math.random()));
      }
    },
  };
}

const codesOfCommit = ({ topics }: offsetCommitV9.OffsetCommitResponse): number[] =>
  topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode));
