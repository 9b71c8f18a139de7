import type { EventType } from './eventType.ts';
import { successors, topics } from './topics.ts';

const own = new Set<string>([...Object.values(topics), ...Object.values(successors)].map(({ name }) => name));

/**
 * Why an event does not belong where it stands; undefined: it does. Its readers would not find it there, or not in the order of its key.
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
  if (where.key === key && where.correlationId === key) return undefined;
  return underWrongKey(type, key, `the key ${where.key} and the correlation id ${where.correlationId}`);
}

/** The same of the topic alone. In one that is none of ours, such as dead letters or a copy, any event may be. */
export const inWrongTopic = ({ name, topic }: EventType, standsIn: string): string | undefined =>
  standsIn !== topic.name && own.has(standsIn) ? `${name} does not belong on ${standsIn}` : undefined;

/** @param found the key that it has, in words */
export const underWrongKey = ({ name, topic }: EventType, key: string, found: string): string =>
  `${name} of ${topic.key === 'orderId' ? 'order' : topic.key} ${key} has ${found.slice(0, 200)}`;
