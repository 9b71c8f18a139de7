import {
  BrewError,
  type EventType,
  eventTypeOf,
  inWrongTopic,
  OrderCancelled,
  OrderDelivered,
  underWrongKey,
} from '@brew/events';
import {
  backoff,
  type Codec,
  delay,
  type FieldReader,
  InvalidEventError,
  RegistryUnavailableError,
  UndecodableRecordError,
} from '@brew/kafka';
import { createLookup, type Records } from '@brew/kafka/reader';
import type { Book } from '../orders/book.ts';
import type { Desk } from '../orders/desk.ts';
import { mergeFields } from './mergeFields.ts';

/** What becomes of records. */
export interface IntakeEvents {
  /** Something was taken for an order. */
  onTaken(order: number): void;
  /** An order was delivered or cancelled. */
  onEnded(order: number): void;
  /** A record that can't be read, now or later, or is none that Brew writes. */
  onUnreadable(records: Records, error: BrewError, signal: AbortSignal): Promise<void>;
  /** An event of a type that nobody knows. */
  onUnknown(topic: string, type: string): void;
  /** The schema registry is away (undefined: back again), and waited for. */
  onTrouble(error: unknown): void;
}

export interface Intake {
  /** Gives what is in records to those projections that want it. @throws when `signal` is aborted while it waits for a schema */
  take(records: Records, signal: AbortSignal): Promise<void>;
  /** How many events of each type were taken since it was asked last. */
  counts(): Map<string, number>;
}

interface Want {
  event: EventType;
  fields: FieldReader<object>;
  takes: ((order: number, data: never) => void)[];
  ends: boolean;
  taken: number;
}

const RETRY = { initialMs: 200, maxMs: 3_000 };
/** The events that end an order: read whatever the projections are. */
export const ENDINGS = [OrderDelivered, OrderCancelled] as readonly EventType[];

/** Which events are wanted, what is read of each, and who gets it: an event that several projections want is read once. */
export function createIntake(
  desk: Desk,
  books: readonly Book[],
  codec: Pick<Codec, 'fieldReader'>,
  { onTaken, onEnded, onUnreadable, onUnknown, onTrouble }: IntakeEvents,
): Intake {
  const wants = wantsOf(books, codec);
  const lookup = createLookup(wants.map((want) => [want.event.type, want] as const));

  async function learn({ fields }: Want, records: Records, signal: AbortSignal): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        await fields.learn(records.bytes, records.valueStart, records.valueEnd);
        if (failures > 1) onTrouble(undefined);
        return;
      } catch (error) {
        if (!(error instanceof RegistryUnavailableError)) throw error;
        onTrouble(error);
        await delay(backoff(failures, RETRY, Math.random()), signal);
        signal.throwIfAborted();
      }
    }
  }

  return {
    async take(records, signal) {
      while (records.next()) {
        // A tombstone is no event.
        if (records.valueEnd < records.valueStart) continue;
        const want = records.headerIn('ce_type', lookup);
        if (want === undefined) {
          // A record without a type isn't Brew's, and is to be seen; those of known types are for somebody else.
          const type = records.header('ce_type')?.toString();
          if (type === undefined) await onUnreadable(records, unreadable('it has no ce_type'), signal);
          else if (!eventTypeOf(type)) onUnknown(records.topic, type);
          continue;
        }
        try {
          const elsewhere = inWrongTopic(want.event, records.topic);
          if (elsewhere !== undefined) throw new InvalidEventError(want.event.name, [elsewhere]);
          let data = want.fields.read(records.bytes, records.valueStart, records.valueEnd);
          if (data === undefined) {
            await learn(want, records, signal);
            data = want.fields.read(records.bytes, records.valueStart, records.valueEnd) as object;
          }
          assertKey(want.event, data, records);
          const order = desk.find(records.bytes, records.keyStart, records.keyEnd);
          if (order < 0) throw unreadable('its key is no id of an order');
          for (const take of want.takes) take(order, data as never);
          want.taken++;
          onTaken(order);
          if (want.ends) onEnded(order);
        } catch (error) {
          if (!(error instanceof BrewError) || error.retryable) throw error;
          await onUnreadable(records, error, signal);
        }
      }
    },
    counts() {
      const counts = new Map(wants.map(({ event, taken }) => [event.type, taken]));
      for (const want of wants) want.taken = 0;
      return counts;
    },
  };
}

/** An event is read for the order that its key says: in the order of that key, and by who looks for it there. */
function assertKey(event: EventType, data: object, records: Records): void {
  const key = (data as Record<string, string>)[event.topic.key] ?? '';
  const { bytes, keyStart, keyEnd } = records;
  let same = keyEnd - keyStart === key.length;
  for (let i = 0; same && i < key.length; i++) same = bytes[keyStart + i] === key.charCodeAt(i);
  if (!same)
    throw new InvalidEventError(event.name, [underWrongKey(event, key, `the key ${records.keyText()}`)]);
}

const unreadable = (why: string) => new UndecodableRecordError(why);

function wantsOf(books: readonly Book[], codec: Pick<Codec, 'fieldReader'>): Want[] {
  const takes = books.flatMap((book) => book.takes);
  const wanted = new Map(takes.map(({ event }) => [event.type, event]));
  for (const event of ENDINGS) wanted.set(event.type, event);
  return [...wanted.values()].map((event) => {
    const own = takes.filter(({ event: { type } }) => type === event.type);
    const fields = { ...mergeFields(own.map((take) => take.fields)), [event.topic.key]: true };
    return {
      event,
      fields: codec.fieldReader(event, fields as never) as FieldReader<object>,
      takes: own.map(({ take }) => take),
      ends: ENDINGS.includes(event),
      taken: 0,
    };
  });
}
