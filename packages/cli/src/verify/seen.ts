import { crc32 } from 'node:zlib';
import {
  type Event,
  type Money,
  OrderPlaced,
  PaymentReceived,
  PaymentRefunded,
  type StockItem,
  StockRejected,
  StockReleased,
  StockReserved,
} from '@brew/events';
import type { ReceivedRecord } from '@brew/kafka';

/** What there is of one menu item in an event. */
export interface Line {
  sku: string;
  quantity: number;
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
  /** A checksum of its bytes: an event that is sent again has the same. */
  content: number;
  /** The total of OrderPlaced; what was paid or given back. */
  amount?: Money | undefined;
  /** Which payment was received or given back: a checksum of its id, enough to tell an order's payments apart. */
  payment?: number | undefined;
  /** What was ordered, reserved or released, and where. */
  stock?: { cafeId: string; lines: Line[] } | undefined;
  /** What can't be true of it whatever else happens: a sentence without a subject. */
  fault?: string | undefined;
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
    content: record.value === null ? 0 : crc32(record.value),
    ...factsOf(event),
  };
}

/** The random end of a UUID. Ids of other kinds, which Brew has none of, are reduced to a checksum. */
function shortId(id: string): number {
  const tail = id.slice(-12);
  return /^[0-9a-f]{12}$/.test(tail) ? Number.parseInt(tail, 16) : crc32(id);
}

type Facts = Pick<SeenEvent, 'amount' | 'payment' | 'stock' | 'fault'>;

function factsOf({ type, data }: Event): Facts {
  switch (type.type) {
    case OrderPlaced.type: {
      const { total, cafeId, items } = data as OrderPlaced;
      return { amount: total, stock: { cafeId, lines: bySku(items) } };
    }
    case PaymentReceived.type:
    case PaymentRefunded.type: {
      const { amount, paymentId } = data as PaymentReceived | PaymentRefunded;
      return { amount, payment: crc32(paymentId) };
    }
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
function bySku(items: readonly Line[]): Line[] {
  const lines: Line[] = [];
  for (const { sku, quantity } of items) {
    const line = lines.find((known) => known.sku === sku);
    if (line) line.quantity += quantity;
    else lines.push({ sku, quantity });
  }
  return lines.sort((a, b) => (a.sku < b.sku ? -1 : 1));
}
