import { crc32 } from 'node:zlib';
import {
  CourierAssigned,
  type Event,
  type EventType,
  eventTypes,
  KitchenStarted,
  type Money,
  OrderCancelled,
  OrderDelivered,
  OrderPlaced,
  PaymentReceived,
  PaymentRefunded,
  type StockItem,
  StockRejected,
  StockReleased,
  StockReserved,
} from '@brew/events';
import type { ReceivedRecord } from '@brew/kafka';
import { type PlacedWith, placedWith } from './placedWith.ts';

/** What there is of one menu item in an event. */
export interface Line {
  sku: string;
  quantity: number;
  /** How many of them are drinks; of what was ordered, and left out for none. */
  drinks?: number;
}

/** What the ledger keeps of an event: where it lies, what it follows from, and the facts that can be checked. */
export interface SeenEvent {
  /** Such as OrderPlaced. */
  name: string;
  topic: string;
  partition: number;
  offset: number;
  /** Its id and that of the event it follows from, as numbers of 48 bits: enough to tell an order's events apart. */
  id: number;
  causeId: number | undefined;
  /** When it happened: ce_time, in milliseconds. */
  time: number;
  /** When it happened by its data, which is what rows and reports keep; left out where it is `time`. See happenedAt. */
  at?: number | undefined;
  /** A checksum of its bytes: an event that is sent again has the same. */
  content: number;
  /** The total of OrderPlaced; what was paid or given back. */
  amount?: Money | undefined;
  /** Which payment was received or given back: a checksum of its id, enough to tell an order's payments apart. */
  payment?: number | undefined;
  /** Which refund it was: a checksum, too. */
  refund?: number | undefined;
  /** Why it was cancelled, which barista began (its slot), which courier has it. */
  detail?: string | undefined;
  /** What was ordered, reserved or released, and where. */
  stock?: { cafeId: string; lines: Line[] } | undefined;
  /** Of OrderPlaced: what rows keep of it. */
  placedWith?: PlacedWith | undefined;
  /** What can't be true of it whatever else happens: a sentence without a subject. */
  fault?: string | undefined;
  /** Said to have happened that long after its record was written, in milliseconds; left out for what clocks may differ by. */
  aheadMs?: number | undefined;
}

/** Clocks are never so wrong: such a time was made up. */
const FUTURE_MS = 24 * 60 * 60 * 1_000;

/** When it happened, by what the event says itself. */
export const happenedAt = ({ at, time }: Pick<SeenEvent, 'at' | 'time'>): number => at ?? time;

const instants = new Map(eventTypes.map((type) => [type.name, instantOf(type)]));

/** The field that says so, such as placedAt. */
export function instantOf({ schema }: EventType): string {
  const isInstant = (name: string) => name.endsWith('At') && !name.startsWith('expected');
  return schema.fields.find(({ name }) => isInstant(name))?.name ?? '';
}

/** @param event what the record carries, decoded */
export function toSeen(record: ReceivedRecord, event: Event): SeenEvent {
  return {
    name: event.type.name,
    topic: record.topic,
    partition: record.partition,
    offset: Number(record.offset),
    id: shortId(event.id),
    causeId: event.causationId === undefined ? undefined : shortId(event.causationId),
    time: event.time.getTime(),
    ...atOf(event),
    ...aheadOf(record, event),
    content: record.value === null ? 0 : crc32(record.value),
    ...factsOf(event),
  };
}

/** The random end of a UUID. Ids of other kinds, which Brew has none of, are reduced to a checksum. */
function shortId(id: string): number {
  const tail = id.slice(-12);
  return /^[0-9a-f]{12}$/.test(tail) ? Number.parseInt(tail, 16) : crc32(id);
}

function atOf({ type, time, data }: Event): Pick<SeenEvent, 'at'> {
  const at = (data as Record<string, unknown>)[instants.get(type.name) ?? ''];
  return typeof at === 'number' && at !== time.getTime() ? { at } : {};
}

function aheadOf({ timestamp }: ReceivedRecord, { time }: Event): Pick<SeenEvent, 'aheadMs'> {
  const aheadMs = time.getTime() - timestamp.getTime();
  return aheadMs > FUTURE_MS ? { aheadMs } : {};
}

type Facts = Pick<SeenEvent, 'amount' | 'payment' | 'refund' | 'detail' | 'stock' | 'placedWith' | 'fault'>;

function factsOf({ type, data }: Event): Facts {
  switch (type.type) {
    case OrderPlaced.type: {
      const { total, cafeId, items, customer, channel } = data as OrderPlaced;
      return {
        amount: total,
        stock: { cafeId, lines: bySku(items) },
        placedWith: {
          items: placedWith.items(items),
          made: placedWith.made(items),
          customer: placedWith.customer(customer),
          channel: placedWith.channel(channel),
        },
      };
    }
    case OrderCancelled.type:
      return { detail: (data as OrderCancelled).reason };
    case PaymentReceived.type: {
      const { amount, paymentId } = data as PaymentReceived;
      return { amount, payment: crc32(paymentId) };
    }
    case PaymentRefunded.type: {
      const { amount, paymentId, refundId } = data as PaymentRefunded;
      return { amount, payment: crc32(paymentId), refund: crc32(refundId) };
    }
    case KitchenStarted.type:
      return { detail: String((data as KitchenStarted).slot) };
    case CourierAssigned.type:
    case OrderDelivered.type:
      return { detail: (data as CourierAssigned | OrderDelivered).courierId };
    case StockReserved.type:
    case StockReleased.type: {
      const { cafeId, items } = data as StockReserved | StockReleased;
      return { stock: { cafeId, lines: bySku(items) }, fault: negative(cafeId, items) };
    }
    case StockRejected.type:
      return { fault: unfounded(data as StockRejected) };
    default:
      return {};
  }
}

function negative(cafeId: string, items: readonly StockItem[]): string | undefined {
  const below = items.find(({ remaining }) => remaining !== null && remaining < 0);
  return below && `left ${below.remaining} ${below.sku} at ${cafeId}: stock went below nothing`;
}

function unfounded({ cafeId, missing }: StockRejected): string | undefined {
  const wrong = missing.find(({ requested, available }) => available < 0 || requested <= available);
  return (
    wrong &&
    `was rejected for ${wrong.requested} ${wrong.sku} although ${cafeId} is said to have ${wrong.available}`
  );
}

/** An order may name an item twice; what is kept for it is one line. Sorted, so that two of them can be compared. */
function bySku(items: readonly (Line & { category?: string })[]): Line[] {
  const lines: Line[] = [];
  for (const { sku, quantity, category } of items) {
    const line = lines.find((known) => known.sku === sku) ?? { sku, quantity: 0 };
    if (line.quantity === 0) lines.push(line);
    line.quantity += quantity;
    if (category === 'drink') line.drinks = (line.drinks ?? 0) + quantity;
  }
  return lines.sort((a, b) => (a.sku < b.sku ? -1 : 1));
}
