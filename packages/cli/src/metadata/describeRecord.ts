import type { Catalog } from './catalog.ts';
import type { MetadataRecord } from './parseDump.ts';

/** In the words of the other commands; folders of a broker and what nothing is said of are left out. */
const WORDS: Record<string, string> = {
  isr: 'in sync',
  eligibleLeaderReplicas: 'eligible',
  lastKnownElr: 'last eligible',
  addingReplicas: 'adding',
  removingReplicas: 'removing',
  leaderEpoch: 'epoch',
};
const SUBJECT = new Set([
  'topicId',
  'topicName',
  'partitionId',
  'resourceType',
  'resourceName',
  'directories',
  'partitionEpoch',
]);
/** What matters most comes first, for lines that are cut; here from behind. */
const FIRST = ['replicas', 'isr', 'leader'];
/** Empty ones of these say something. */
const TELLS_WHEN_EMPTY = new Set(['isr']);
const RESOURCES: Record<number, string> = { 2: 'topic', 4: 'broker', 16: 'client', 32: 'group' };

/**
 * What a record says, in a line: its subject, and the fields that it has.
 * @param heading a topic that stands above it, so that it needs no name
 */
export function describeRecord(record: MetadataRecord, catalog: Catalog, heading?: string): string {
  const { type, data } = record;
  const topic = catalog.topicOf(record) ?? data.topicId;
  const named = topic !== undefined && topic !== heading;
  if (type === 'ConfigRecord') {
    const setting = `${data.name} ${data.value === null ? 'removed' : `= ${data.value}`}`;
    return topic !== undefined && !named ? setting : `${resourceOf(record)}: ${setting}`;
  }
  if (type === 'TopicRecord') return `${named ? `${topic}, ` : ''}id ${data.topicId}`;
  const partition = data.partitionId === undefined ? '' : String(data.partitionId);
  const subject = named ? [topic, partition].filter((part) => part !== '').join('-') : partition;
  const fields = Object.entries(data)
    .sort(([a], [b]) => FIRST.indexOf(b) - FIRST.indexOf(a))
    .flatMap(([field, value]) => {
      const empty = value === null || value === '' || (Array.isArray(value) && value.length === 0);
      if (SUBJECT.has(field) || (empty && !TELLS_WHEN_EMPTY.has(field))) return [];
      return [`${WORDS[field] ?? field} ${written(field, value)}`];
    });
  return [subject, fields.join(', ')].filter(Boolean).join(': ');
}

function resourceOf({ data }: MetadataRecord): string {
  const resource = RESOURCES[Number(data.resourceType)] ?? `resource ${data.resourceType}`;
  return data.resourceName === '' ? `every ${resource}` : `${resource} ${data.resourceName}`;
}

function written(field: string, value: unknown): string {
  if (field === 'leader' && Number(value) < 0) return 'none';
  if (!Array.isArray(value)) return typeof value === 'object' ? JSON.stringify(value) : String(value);
  return value.some((each) => typeof each === 'object') ? JSON.stringify(value) : `[${value.join(' ')}]`;
}
