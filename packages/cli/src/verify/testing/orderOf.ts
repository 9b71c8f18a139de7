import type { ReceivedRecord } from '@brew/kafka';
import type { OrderState } from '../orderState.ts';
import { type SeenEvent, toSeen } from '../seen.ts';
import type { AnyEvent } from './soundOrder.ts';

/** The event as it is seen in the record that a reader gets. */
export function seen(event: AnyEvent, offset: number, partition = 3): SeenEvent {
  const value = Buffer.from(JSON.stringify(event.data));
  const timestamp = event.time;
  const record = { topic: event.type.topic.name, partition, offset: BigInt(offset), value, timestamp };
  return toSeen(record as ReceivedRecord, event);
}

/** The order of these events, which stand in its partitions as they do here. */
export function orderOf(events: readonly AnyEvent[]): OrderState {
  const id = events[0]?.correlationId ?? '';
  return { id, events: events.map((event, offset) => seen(event, offset)), altered: [] };
}
