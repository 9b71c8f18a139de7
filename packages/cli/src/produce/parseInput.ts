import { type EventContext, type EventType, eventTypeOf, topics } from '@brew/events';
import { ArgumentInvalidError } from '../errors.ts';

/** A record as it was asked for, before it is encoded. */
export interface Draft {
  /** Where it came from, for messages: "line 3", or nothing when there is only one. */
  where: string;
  /** Undefined: that of the event; null: none. */
  key: string | null | undefined;
  headers: Record<string, string>;
  content:
    | { kind: 'bytes'; bytes: Buffer }
    | { kind: 'tombstone' }
    | { kind: 'event'; type: EventType; data: unknown; context: Partial<EventContext> };
}

export interface InputRules {
  key?: string;
  headers: Readonly<Record<string, string>>;
  /** The value is this event's data, as JSON. */
  type?: EventType;
  /** Each line is an object, as `brew consume --json` writes it. */
  objects: boolean;
}

/** An event by its name, or by its full name. */
export const eventNamed = (name: string): EventType | undefined =>
  eventTypeOf(name) ??
  Object.values(topics)
    .map((topic) => eventTypeOf(`${topic.name}.${name}`))
    .find((type) => type !== undefined);

/**
 * A draft of each line that is not empty.
 * @throws ArgumentInvalidError naming the first line that is none
 */
export function parseLinesOf(input: string, rules: InputRules): Draft[] {
  return input.split(/\r?\n/).flatMap((line, index) => {
    const where = `line ${index + 1}`;
    if (line.trim() === '') return [];
    return [rules.objects ? fromObject(line, where, rules) : fromValue(line, where, rules)];
  });
}

/** A draft of one value. */
export function fromValue(value: string, where: string, { key, headers, type }: InputRules): Draft {
  const content: Draft['content'] = type
    ? { kind: 'event', type, data: json(value, where), context: {} }
    : { kind: 'bytes', bytes: Buffer.from(value) };
  return { where, key: key ?? (type ? undefined : null), headers, content };
}

/** What may stand in a line of JSON; everything else in it tells where it once lay. */
interface RecordObject {
  key?: string | null;
  headers?: Record<string, string>;
  type?: string;
  schema?: string;
  data?: unknown;
  value?: string | null;
  base64?: string;
  id?: string;
  source?: string;
  time?: string;
  correlationId?: string;
  causationId?: string;
  traceparent?: string;
}

function fromObject(line: string, where: string, rules: InputRules): Draft {
  const object = json(line, where) as RecordObject;
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw new ArgumentInvalidError(
      `${where} is no JSON object.`,
      'Write each record as consume --json does.',
    );
  }
  const key = rules.key ?? object.key;
  return {
    where,
    headers: { ...object.headers, ...rules.headers },
    ...contentOf(object, key, where, rules.type),
  };
}

function contentOf(
  object: RecordObject,
  key: string | null | undefined,
  where: string,
  given: EventType | undefined,
): Pick<Draft, 'key' | 'content'> {
  const type = given ?? (object.type === undefined ? undefined : eventNamed(object.type));
  if (object.type !== undefined && !type) {
    throw new ArgumentInvalidError(
      `${where} is of the type ${object.type}, which is no event of Brew.`,
      'Leave its type out.',
    );
  }
  if (type) {
    const { id, source, time, correlationId, causationId, traceparent } = object;
    const context = {
      id,
      source,
      correlationId,
      causationId,
      traceparent,
      ...(time && { time: new Date(time) }),
    };
    return { key, content: { kind: 'event', type, data: object.data, context: defined(context) } };
  }
  if (object.schema !== undefined) {
    throw new ArgumentInvalidError(
      `${where} is Avro of the schema ${object.schema}.`,
      'Only events of Brew can be written as Avro.',
    );
  }
  return { key: key ?? null, content: plainContent(object, where) };
}

function plainContent(object: RecordObject, where: string): Draft['content'] {
  const { value, base64, data } = object;
  if (typeof value === 'string') return { kind: 'bytes', bytes: Buffer.from(value) };
  if (base64 !== undefined) return { kind: 'bytes', bytes: Buffer.from(base64, 'base64') };
  if (data !== undefined && data !== null) return { kind: 'bytes', bytes: Buffer.from(JSON.stringify(data)) };
  // `brew watch --json` and `brew consume --json` have these two ways to write one.
  if (value === null || data === null) return { kind: 'tombstone' };
  throw new ArgumentInvalidError(
    `${where} has no value.`,
    'Give it one of value, data and base64; "value": null removes its key.',
  );
}

function json(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ArgumentInvalidError(
      `${where} is no JSON: ${error instanceof Error ? error.message : error}.`,
      'Write one JSON object a line.',
    );
  }
}

const defined = (context: Record<string, unknown>): Partial<EventContext> =>
  Object.fromEntries(Object.entries(context).filter(([, value]) => value !== undefined));
