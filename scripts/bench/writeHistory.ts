import { childTraceparent, toHeaders, uuidv7 } from '@brew/events';
import type { Codec, OutgoingRecord, Producer } from '@brew/kafka';
import { type HistoricEvent, history } from './history.ts';

/** Writes a history of that many events as the services would, but in large batches. */
export async function writeHistory(
  count: number,
  { producer, codec, signal }: { producer: Producer; codec: Codec; signal: AbortSignal },
  onProgress: (written: number) => void,
): Promise<void> {
  let written = 0;
  for (const slice of history(count, Date.now())) {
    // A topic at a time, since what is sent at once is shared out among all partitions that it is for.
    for (const events of Map.groupBy(slice, ({ type }) => type.topic.name).values()) {
      signal.throwIfAborted();
      await producer.send(events.map((event) => recordOf(event, codec)));
    }
    written += slice.length;
    onProgress(written);
  }
}

function recordOf({ type, data, orderId, at }: HistoricEvent, codec: Codec): OutgoingRecord {
  const time = new Date(at);
  return {
    topic: type.topic.name,
    key: orderId,
    value: codec.encode(type, data),
    headers: toHeaders({
      id: uuidv7(),
      type: type.type,
      source: `/brew/${type.topic.producer}`,
      time,
      correlationId: orderId,
      causationId: uuidv7(),
      traceparent: childTraceparent(undefined),
    }),
    timestamp: time,
  };
}
