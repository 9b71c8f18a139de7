import type { EventType } from './eventType.ts';
import { successors, topics } from './topics.ts';

const own = new Set<string>([...Object.values(topics), ...Object.values(successors)].map(({ name }) => name));

/**
 * Why an event does not belong where it stands; undefined: it does. Its readers would not find it there, or not in the order of its key.
 * In a topic that is none of ours, such as dead letters or a copy, any event may be.
 * @param where of its record; `key` is to be that of the event, and so is its correlation id
 */
export function misplaced(
  type: EventType,
  data: unknown,
  where: { topic: string; key: string | null; correlationId: string },
): string | undefined {
  const elsewhere = inWrongTopic(type, where.topic);
  if (elsewhere !== undefined) return elsewhere;
  const key = type.keyOf(data);
  if (where.key !== key) return `it is of ${type.topic.key} ${key}, and its key is ${where.key}`;
  if (where.correlationId !== key)
    return `it is of ${type.topic.key} ${key}, and its ce_correlationid is ${where.correlationId}`;
  return undefined;
}

export const inWrongTopic = ({ topic }: EventType, standsIn: string): string | undefined =>
  own.has(standsIn) && standsIn !== topic.name
    ? `it stands in ${standsIn}, and belongs to ${topic.name}`
    : undefined;
