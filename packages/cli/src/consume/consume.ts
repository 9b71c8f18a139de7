import { createCodec, type UnreadableBatchError } from '@brew/kafka';
import { createReader, type Reader, type Records } from '@brew/kafka/reader';
import { pino } from 'pino';
import type { ClusterWithRegistry } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import { ArgumentInvalidError } from '../errors.ts';
import type { Io } from '../io.ts';
import { decodeRecord } from './decodeRecord.ts';
import { recordJson, renderRecord } from './renderRecord.ts';
import { rangesFrom, type Start } from './start.ts';

export interface ConsumeOptions {
  from?: Start;
  /** So many of the newest records of each partition; in place of `from`. */
  last?: number;
  /** Goes on with what comes, until the signal is aborted. */
  follow?: boolean;
  /** Ends after so many records. */
  limit?: number;
  key?: string;
  /** Names of events, such as OrderPlaced. */
  type?: string[];
  partition?: number[];
  json?: boolean;
  /** Only the values, as the bytes that they are. */
  raw?: boolean;
  /** All headers of each record. */
  headers?: boolean;
}

/**
 * Reads records of any topic, as nobody's member: it moves no offset.
 * @param registryUrl undefined: Avro stays bytes
 * @throws TopicMissingError, RegistryUnavailableError, ArgumentInvalidError, and what a reader throws
 */
export async function consume(
  topics: readonly string[],
  options: ConsumeOptions,
  cluster: ClusterWithRegistry,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  const log = pino({ level: 'silent' });
  const { registryUrl } = cluster;
  const client = clientOf(cluster, 'brew-consume');
  const codec = registryUrl === undefined ? undefined : createCodec({ registryUrl, log, signal });
  await using reader = createReader({ client, log });
  const ranges = await rangesOf(reader, topics, options);
  const passes = filterOf(options);
  let shown = 0;
  const show = async (records: Records): Promise<void> => {
    const decoded = await decodeRecord(codec, records.received());
    const { json, headers } = options;
    const lines = json
      ? [recordJson(decoded, headers)]
      : renderRecord(decoded, io.columns(), io.paint, headers);
    for (const line of lines) await io.out(line);
  };
  try {
    const only = options.partition !== undefined;
    const onUnreadable = (error: UnreadableBatchError) => io.note(error.message);
    for await (const records of reader.read(ranges, { signal, only, onUnreadable })) {
      while (records.next()) {
        if (!passes(records)) continue;
        if (options.raw) await (io.raw ?? io.out)(String(records.value() ?? ''));
        else await show(records);
        if (++shown === options.limit) return;
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function rangesOf(reader: Reader, topics: readonly string[], options: ConsumeOptions) {
  const { last, from, partition: partitions } = options;
  const start: Start = last === undefined ? (from ?? { at: 'beginning' }) : { at: 'last', count: last };
  const [earliest, latest, at] = await Promise.all([
    reader.offsets(topics, 'earliest'),
    reader.offsets(topics, 'latest'),
    start.at === 'time' ? reader.offsets(topics, start.time) : undefined,
  ]);
  for (const wanted of partitions ?? []) {
    if (earliest.some(({ partition }) => partition === wanted)) continue;
    const count = new Set(earliest.map(({ partition }) => partition)).size;
    throw new ArgumentInvalidError(`There is no partition ${wanted}.`, `Take one of 0 to ${count - 1}.`);
  }
  // From now on, there is nothing but what comes.
  const follow = options.follow || start.at === 'now';
  return rangesFrom(start, { earliest, latest, ...(at && { at }) }, { follow, partitions });
}

/** Looks at key and headers alone: what is not wanted is not decoded. */
function filterOf({ key, type }: ConsumeOptions): (records: Records) => boolean {
  const wanted = key === undefined ? undefined : Buffer.from(key);
  return (records) => {
    if (wanted && !records.key()?.equals(wanted)) return false;
    if (type === undefined) return true;
    return type.includes(
      String(records.header('ce_type') ?? '')
        .split('.')
        .at(-1) ?? '',
    );
  };
}
