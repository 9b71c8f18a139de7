import { type RawHeader, type ReceivedRecord, rawPartsOf } from '../record.ts';

/** A letter as it lies in GROUP.dlq, taken apart: the record as it came, and what was written about it. */
export interface FoundLetter {
  /** `foreign`: not written by this group's consumers. */
  reason: 'failed' | 'key_parked' | 'unreadable' | 'deleted' | 'foreign';
  /** Where the record came from; undefined for a foreign one. */
  source: { topic: string; partition: number; offset: bigint; lastOffset: bigint | undefined } | undefined;
  key: Buffer | null;
  /** SHA-256 of the record's key where the letter leaves the key out, in hexadecimal. */
  keyHash: string | undefined;
  value: Buffer | null;
  valueBytes: number;
  /** Those of the record alone. */
  headers: readonly RawHeader[];
  /** Of the record: milliseconds since the epoch, as a rule; -1 where nothing is known. */
  timestamp: bigint;
  /** What is missing, such as `key,headers,value`. */
  pointer: string | undefined;
  error: { name: string; code: string | undefined; message: string; stack: string | undefined } | undefined;
  attempts: number;
}

const REASONS = ['failed', 'key_parked', 'unreadable', 'deleted'] as const;

/** The names that Kafka allows. */
const TOPIC = /^[A-Za-z0-9._-]{1,249}$/;

/** The opposite of letterOf and its like. Anybody can write to the topic: what is not a letter of this group in every detail is foreign. */
export function readLetter(record: ReceivedRecord, group: string): FoundLetter {
  const { key, headers, timestamp } = rawPartsOf(record);
  const { value } = record;
  const foreign: FoundLetter = {
    ...{ reason: 'foreign', source: undefined, key, keyHash: undefined, value, headers, timestamp },
    ...{ valueBytes: value?.length ?? 0, pointer: undefined, error: undefined, attempts: 0 },
  };
  // Ours come last, and dlq_group first of them: a record may bear headers of these names itself.
  const start = headers.findLastIndex(([name]) => String(name) === 'dlq_group');
  if (start === -1) return foreign;
  const ours = new Map(headers.slice(start).map(([name, text]) => [String(name), String(text ?? '')]));
  const reason = REASONS.find((each) => each === ours.get('dlq_reason'));
  const topic = ours.get('dlq_source_topic') ?? '';
  const partition = numberIn(ours.get('dlq_source_partition'), 2n ** 31n);
  const offset = numberIn(ours.get('dlq_source_offset'), 2n ** 63n);
  if (ours.get('dlq_group') !== group || !reason || !TOPIC.test(topic)) return foreign;
  if (partition === undefined || offset === undefined) return foreign;
  const name = ours.get('dlq_error_name');
  const keyHash = ours.get('dlq_key_sha256');
  return {
    ...foreign,
    reason,
    source: {
      ...{ topic, partition: Number(partition), offset },
      lastOffset: numberIn(ours.get('dlq_source_last_offset'), 2n ** 63n),
    },
    keyHash: keyHash !== undefined && /^[0-9a-f]{64}$/.test(keyHash) ? keyHash : undefined,
    headers: headers.slice(0, start),
    timestamp: timeIn(ours.get('dlq_source_timestamp')),
    pointer: ours.get('dlq_pointer'),
    valueBytes: Number(numberIn(ours.get('dlq_value_bytes'), 2n ** 31n) ?? value?.length ?? 0),
    error:
      name === undefined
        ? undefined
        : {
            ...{ name, code: ours.get('dlq_error_code') },
            ...{ message: ours.get('dlq_error_message') ?? '', stack: ours.get('dlq_error_stack') },
          },
    attempts: Number(numberIn(ours.get('dlq_attempts'), 2n ** 31n) ?? 0),
  };
}

/** A whole number from 0 and below `limit`. */
function numberIn(text: string | undefined, limit: bigint): bigint | undefined {
  if (text === undefined || !/^\d{1,19}$/.test(text)) return undefined;
  const number = BigInt(text);
  return number < limit ? number : undefined;
}

/** As provenanceOf writes it: ISO 8601, or the 64 bits as the number that they are. */
function timeIn(text: string | undefined): bigint {
  if (text !== undefined && /^-?\d{1,19}$/.test(text)) return BigInt.asIntN(64, BigInt(text));
  const time = Date.parse(text ?? '');
  return Number.isNaN(time) ? -1n : BigInt(time);
}
