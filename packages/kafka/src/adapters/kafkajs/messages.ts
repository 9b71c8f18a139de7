import type { Message, TopicMessages } from 'kafkajs';
import { isTime, type OutgoingRecord, type RawHeader } from '../../record.ts';

/** Records as kafkajs wants them: by topic. */
export const byTopic = (records: readonly OutgoingRecord[]): TopicMessages[] =>
  Array.from(
    Map.groupBy(records, ({ topic }) => topic),
    ([topic, of]) => ({ topic, messages: of.map(toMessage) }),
  );

export const toMessage = (record: OutgoingRecord): Message => ({
  key: record.key,
  value: record.value,
  headers: record.rawHeaders ? rawHeadersOf(record) : record.headers,
  ...(isTime(record.timestamp) && { timestamp: String(record.timestamp.getTime()) }),
});

/** All headers of a record, one by one. */
const rawHeadersOf = ({ rawHeaders = [], headers }: OutgoingRecord): RawHeader[] => [
  ...rawHeaders,
  ...Object.entries(headers).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, value] as const),
  ),
];
