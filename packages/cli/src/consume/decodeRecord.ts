import { BrewError, type Event, eventTypeOf } from '@brew/events';
import type { Codec, ReceivedRecord } from '@brew/kafka';

/** What a record's value is, as well as that can be told. */
export type Decoded =
  /** One of Brew's events: its headers say so, and its bytes are what its schema says. */
  | { kind: 'event'; event: Event }
  /** Avro in Confluent wire format, with a schema that the registry has. */
  | { kind: 'avro'; schema: string; data: unknown }
  | { kind: 'json'; data: unknown }
  | { kind: 'text'; text: string }
  /** Nothing of the above. */
  | { kind: 'bytes'; bytes: Buffer }
  /** No value: on a compacted topic it removes the key. */
  | { kind: 'tombstone' };

export interface DecodedRecord {
  record: ReceivedRecord;
  decoded: Decoded;
  /** Why it is not what its headers or its first bytes say that it is. */
  problem?: string;
}

/**
 * @param codec left out when no registry is known: then Avro is bytes
 * @throws RegistryUnavailableError
 */
export async function decodeRecord(codec: Codec | undefined, record: ReceivedRecord): Promise<DecodedRecord> {
  const { value, headers } = record;
  if (value === null) return { record, decoded: { kind: 'tombstone' } };
  const problems: string[] = [];
  const attempt = async <Answer>(answer: Promise<Answer>): Promise<Answer | undefined> => {
    try {
      return await answer;
    } catch (error) {
      if (!(error instanceof BrewError) || error.retryable) throw error;
      problems.push(error.message);
      return undefined;
    }
  };
  const event = codec && eventTypeOf(headers.ce_type ?? '') ? await attempt(codec.decode(record)) : undefined;
  if (event) return { record, decoded: { kind: 'event', event } };
  const avro = codec && (await attempt(codec.decodeValue(value)));
  const decoded: Decoded = avro ? { kind: 'avro', ...avro } : plainly(value);
  return { record, decoded, ...(problems[0] !== undefined && { problem: problems[0] }) };
}

/** What bytes are that claim nothing: JSON, text, or only bytes. */
export function plainly(value: Buffer): Exclude<Decoded, { kind: 'event' }> {
  const text = value.toString();
  // What decoding puts in the place of bytes that are no UTF-8, and what no text has in it.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\uFFFD\u0000-\u0008\u000E-\u001F]/.test(text)) return { kind: 'bytes', bytes: value };
  if (!/^\s*[[{]/.test(text)) return { kind: 'text', text };
  try {
    const data = JSON.parse(text);
    // What is nested too deeply can be read, and not written again.
    JSON.stringify(data);
    return { kind: 'json', data };
  } catch {
    return { kind: 'text', text };
  }
}
