import type { MetadataRecord } from './parseDump.ts';

/** A partition as its records leave it. */
export interface Assignment {
  partition: number;
  replicas: number[];
  /** Replicas in sync. */
  isr: number[];
  /** null while there is none. */
  leader: number | null;
  leaderEpoch: number;
  /** How often it was changed. */
  partitionEpoch: number;
  /** Replicas that are being added or removed. */
  adding: number[];
  removing: number[];
  /** Replicas that may lead, as they have everything, though they are not in sync any more (KIP-966). */
  eligible: number[];
}

/** A topic that a record tells of. Two of the same name have different ids: one was deleted before the other was made. */
interface CatalogTopic {
  id: string;
  name: string;
  deleted: boolean;
  /** By number. */
  partitions: Map<number, Assignment>;
}

/** What the records seen so far make of the topics. */
export interface Catalog {
  /** Takes a record into account; they have to come in their order. */
  apply(record: MetadataRecord): void;
  /** Only takes down the name of a topic, from a record whose effect is known already. */
  remember(record: MetadataRecord): void;
  /** The topic that a record is about. */
  topicOf(record: MetadataRecord): string | undefined;
  /** In the order in which they were made. */
  topics(): CatalogTopic[];
}

/** ConfigResource.Type of Kafka. */
const TOPIC_RESOURCE = 2;

export function createCatalog(): Catalog {
  const byId = new Map<string, CatalogTopic>();
  const add = ({ data }: MetadataRecord, deleted: boolean) => {
    const id = String(data.topicId);
    byId.set(id, { id, name: String(data.name), deleted, partitions: new Map() });
  };
  return {
    apply(record) {
      if (record.type === 'TopicRecord') return add(record, false);
      if (record.type === 'ClearElrRecord') return clearEligible(byId.values(), record);
      const topic = byId.get(String(record.data.topicId));
      if (topic === undefined) return;
      const number = Number(record.data.partitionId);
      const partition = topic.partitions.get(number);
      if (record.type === 'PartitionRecord') topic.partitions.set(number, assigned(record));
      if (record.type === 'PartitionChangeRecord' && partition)
        topic.partitions.set(number, changed(partition, record));
      if (record.type === 'RemoveTopicRecord') topic.deleted = true;
    },
    remember(record) {
      if (record.type === 'TopicRecord' && !byId.has(String(record.data.topicId))) add(record, true);
    },
    topicOf({ type, data }) {
      if (type === 'TopicRecord') return String(data.name);
      if (type === 'ConfigRecord' && data.resourceType === TOPIC_RESOURCE) return String(data.resourceName);
      return typeof data.topicName === 'string' ? data.topicName : byId.get(String(data.topicId))?.name;
    },
    topics: () => [...byId.values()],
  };
}

function assigned({ data }: MetadataRecord): Assignment {
  return {
    partition: Number(data.partitionId),
    replicas: ids(data.replicas) ?? [],
    isr: ids(data.isr) ?? [],
    leader: leaderIn(data.leader),
    leaderEpoch: Number(data.leaderEpoch),
    partitionEpoch: Number(data.partitionEpoch),
    adding: ids(data.addingReplicas) ?? [],
    removing: ids(data.removingReplicas) ?? [],
    eligible: ids(data.eligibleLeaderReplicas) ?? [],
  };
}

/** What a change does not have stays as it was; it counts both epochs on. @see PartitionRegistration.merge of Kafka */
function changed(before: Assignment, { data }: MetadataRecord): Assignment {
  const leads = typeof data.leader === 'number' && data.leader !== UNCHANGED;
  return {
    ...before,
    replicas: ids(data.replicas) ?? before.replicas,
    isr: ids(data.isr) ?? before.isr,
    leader: leads ? leaderIn(data.leader) : before.leader,
    leaderEpoch: before.leaderEpoch + (leads ? 1 : 0),
    partitionEpoch: before.partitionEpoch + 1,
    adding: ids(data.addingReplicas) ?? before.adding,
    removing: ids(data.removingReplicas) ?? before.removing,
    eligible: ids(data.eligibleLeaderReplicas) ?? before.eligible,
  };
}

/** A leader of -2 says nothing of it. */
const UNCHANGED = -2;

const leaderIn = (value: unknown): number | null => (typeof value === 'number' && value >= 0 ? value : null);

const ids = (value: unknown): number[] | undefined => (Array.isArray(value) ? value.map(Number) : undefined);

function clearEligible(topics: Iterable<CatalogTopic>, { data }: MetadataRecord): void {
  for (const { name, partitions } of topics) {
    // Without a name: of all topics.
    if (data.topicName && data.topicName !== name) continue;
    for (const partition of partitions.values()) partition.eligible = [];
  }
}
