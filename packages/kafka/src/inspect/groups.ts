import { inTime } from '../delay.ts';
import { BrokerUnavailableError, GroupMissingError } from '../errors.ts';
import { offsetsIn } from '../reader/commit.ts';
import type { Offset } from '../record.ts';
import type { Brokers } from '../wire/brokers.ts';
import {
  type Connection,
  consumerGroupDescribeV0,
  describeGroupsV5,
  listGroupsV5,
  offsetFetchV9,
} from '../wire/protocol.ts';
import { answerOf, isPassing, nameOf, refused } from '../wire/protocolErrors.ts';
import { BROKER_PATIENCE_MS } from './topics.ts';

export interface GroupSummary {
  group: string;
  /** Kafka's word, such as Stable, Empty, PreparingRebalance. */
  state: string;
  /** `classic`: members share out partitions among themselves; `consumer`: the broker does (KIP-848); `share` (KIP-932), … */
  type: string;
  /** What its members are: `consumer`, `connect`, …; only consumers have partitions that we understand. */
  protocol: string;
  /** The broker that leads it. */
  coordinator: number;
}

export interface GroupMember {
  memberId: string;
  clientId: string;
  /** Where it connects from. */
  host: string;
  /** What it reads. */
  assigned: { topic: string; partitions: number[] }[];
}

/**
 * Every group of the cluster, by name, or the one that is asked for. Each broker tells of those that it leads.
 * @param options.silent takes the brokers that do not answer in time
 * @throws BrokerUnavailableError, also when there is none, and a broker that might lead it has not told
 */
export async function listGroups(
  brokers: Brokers,
  { only, silent }: { only?: string; silent?: Set<number> } = {},
): Promise<GroupSummary[]> {
  await brokers.metadata('find the brokers', []);
  const ask = async (node: number): Promise<GroupSummary[]> => {
    const connection = await brokers.connectionTo(node);
    const { errorCode, groups } = await answerOf(listGroupsV5.api.async(connection, [], []));
    if (isPassing(errorCode)) throw new Error(nameOf(errorCode)); // it is loading them
    if (errorCode !== 0) throw refused('the groups', errorCode);
    return groups.map(({ groupId, groupState, groupType, protocolType }) => ({
      group: groupId,
      state: groupState,
      type: groupType.toLowerCase(),
      protocol: protocolType,
      coordinator: node,
    }));
  };
  // A broker that has died is listed for some seconds more; its groups are led by others by then.
  const answers = await Promise.allSettled(
    brokers.nodes().map((node) =>
      inTime(BROKER_PATIENCE_MS, ask(node)).catch((error) => {
        silent?.add(node);
        throw new Error(`broker ${node}: ${error.message}`, { cause: error });
      }),
    ),
  );
  const found = answers
    .flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []))
    .filter(({ group }) => only === undefined || group === only);
  const failed = answers.find((answer) => answer.status === 'rejected');
  if (failed && found.length === 0) throw new BrokerUnavailableError('list the groups', failed.reason);
  return found.sort((a, b) => a.group.localeCompare(b.group));
}

/** Who is in a group, and what each of them reads; nobody for groups of a kind that has no such members. */
export async function describeMembers(brokers: Brokers, summary: GroupSummary): Promise<GroupMember[]> {
  const connection = await brokers.connectionTo(summary.coordinator);
  if (summary.type === 'consumer') return await consumerMembers(connection, summary.group);
  return summary.type === 'classic' ? await classicMembers(connection, summary) : [];
}

async function consumerMembers(connection: Connection, group: string): Promise<GroupMember[]> {
  const { groups } = await answerOf(consumerGroupDescribeV0.api.async(connection, [group], false));
  const [found] = groups;
  assertFound(group, found?.errorCode);
  return (found?.members ?? []).map(({ memberId, clientId, clientHost, assignment }) => ({
    memberId,
    clientId,
    host: hostOf(clientHost),
    assigned: assignment.topicPartitions.map(({ topicName, partitions }) => ({
      topic: topicName,
      partitions: sorted(partitions),
    })),
  }));
}

async function classicMembers(
  connection: Connection,
  { group, protocol }: GroupSummary,
): Promise<GroupMember[]> {
  const { groups } = await answerOf(describeGroupsV5.api.async(connection, [group], false));
  const [found] = groups;
  assertFound(group, found?.errorCode);
  return (found?.members ?? []).map(({ memberId, clientId, clientHost, memberAssignment }) => ({
    memberId,
    clientId,
    host: hostOf(clientHost),
    assigned: protocol === 'consumer' ? assignedIn(memberAssignment) : [],
  }));
}

/**
 * What is assigned is for the members alone to understand; this is how consumers write it: a version, topics with their partitions, and more.
 * @see ConsumerProtocolAssignment.json of Kafka
 */
function assignedIn(assignment: Buffer): GroupMember['assigned'] {
  if (assignment.length === 0) return []; // it has joined, and the partitions are still being shared out
  let at = 2;
  const int32 = () => {
    at += 4;
    return assignment.readInt32BE(at - 4);
  };
  return Array.from({ length: Math.max(0, int32()) }, () => {
    const start = at + 2;
    at = start + assignment.readInt16BE(at);
    const topic = assignment.toString('utf8', start, at);
    return { topic, partitions: sorted(Array.from({ length: int32() }, int32)) };
  });
}

/** Where a group goes on reading, of each partition that it has ever committed; share groups keep that elsewhere (KIP-932). */
export async function committedOffsets(
  brokers: Brokers,
  { group, type, coordinator }: GroupSummary,
): Promise<Offset[]> {
  const connection = await brokers.connectionTo(coordinator);
  if (type === 'share') return [];
  const asked = { groupId: group, memberId: null, memberEpoch: -1, topics: null };
  const answer = await answerOf(offsetFetchV9.api.async(connection, [asked], false));
  assertFound(group, answer.groups[0]?.errorCode);
  return offsetsIn(answer);
}

function assertFound(group: string, errorCode: number | undefined): void {
  if (errorCode === 0) return;
  const name = nameOf(errorCode ?? -1);
  if (name === 'GROUP_ID_NOT_FOUND') throw new GroupMissingError(group);
  if (errorCode !== undefined && !isPassing(errorCode)) throw refused(`group ${group}`, errorCode);
  throw new BrokerUnavailableError(`describe group ${group}`, new Error(name));
}

/** Kafka writes "/127.0.0.1", or a name before the slash. */
const hostOf = (clientHost: string): string => clientHost.replace(/^.*\//, '');

const sorted = (partitions: readonly number[]) => partitions.toSorted((a, b) => a - b);
