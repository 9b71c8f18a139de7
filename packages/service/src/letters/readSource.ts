import { BrewError, type ErrorCode } from '@brew/events';
import { BrokerUnavailableError, type KafkaClient, type ReceivedRecord } from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import type { LetterRecord } from '@brew/postgres';
import type { Logger } from 'pino';

/** The record that a letter points to, or why there is none. */
export type Source = ReceivedRecord | Error;

/** What Kafka says of a record that it does not hold any more. */
const GONE: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'BREW_OFFSET_OUT_OF_RANGE',
  'BREW_TOPIC_MISSING',
  'BREW_LOG_TRUNCATED',
]);

/** Brokers that are down are waited for no longer than this. */
const PATIENCE_MS = 10_000;

/**
 * Reads a record again where it came from.
 * @throws BrokerUnavailableError after ten seconds
 */
export async function readSource(
  { client, log }: { client: KafkaClient; log: Logger },
  { topic, partition, offset }: Pick<LetterRecord, 'topic' | 'partition' | 'offset'>,
): Promise<Source> {
  const gone = new Error('the record is gone from its topic: discard the letter');
  const from = BigInt(offset);
  const signal = AbortSignal.timeout(PATIENCE_MS);
  await using reader = createReader({ client, log });
  try {
    // Asked first: nothing ends the reading of what is not there yet, in a topic that was made anew.
    const ends = await reader.offsets([topic], 'latest');
    const end = ends.find((each) => each.partition === partition);
    if (!end || end.offset <= from) return gone;
    const range = { topic, partition, from, until: from + 1n };
    for await (const records of reader.read([range], { signal, only: true })) {
      while (records.next()) if (records.offset === from) return records.received();
    }
    return gone;
  } catch (error) {
    if (signal.aborted) throw new BrokerUnavailableError(`read ${topic}/${partition}`, error);
    if (!(error instanceof BrewError)) throw error;
    if (error.code === 'BREW_BROKER_UNAVAILABLE') throw error;
    return GONE.has(error.code) ? gone : error;
  }
}
