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
  type OrderItem,
  OrderPlaced,
  PaymentReceived,
  PaymentRefunded,
  type StockItem,
  StockRejected,
  StockReleased,
  StockReserved,
} from '@brew/events';
import type { ReceivedRecord } from '@brew/kafka';
import { money } from '../text/format.ts';
import { type PlacedWith, placedWith } from './placedWith.ts';
import { isMadeUp } from './skews.ts';

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
  /** Its id and that of the event it follows from, as numbers of 52 bits: enough to tell an order's events apart. */
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
  /** What can't be true of it whatever else happens: a sentence without a subject. Of OrderPlaced it is about money, else about stock. */
  fault?: string | undefined;
  /** Said to have happened that long after its record was written, in milliseconds; left out for what clocks may differ by. */
  aheadMs?: number | undefined;
}

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

/** A checksum of the whole id, as the services judge by all of it, and 20 bits of its random end: a number takes less memory. */
const shortId = (id: string): number => crc32(id) * 2 ** 20 + (Number.parseInt(id.slice(-5), 16) || 0);

function atOf({ type, time, data }: Event): Pick<SeenEvent, 'at'> {
  const at = (data as Record<string, unknown>)[instants.get(type.name) ?? ''];
  return typeof at === 'number' && at !== time.getTime() ? { at } : {};
}

function aheadOf({ timestamp }: ReceivedRecord, { time }: Event): Pick<SeenEvent, 'aheadMs'> {
  const aheadMs = time.getTime() - timestamp.getTime();
  return isMadeUp(aheadMs) ? { aheadMs } : {};
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
        fault: miscounted(total, items),
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

/** As order-service makes it: in one currency. */
function miscounted(total: Money, items: readonly OrderItem[]): string | undefined {
  const cost = Map.groupBy(items, ({ unitPrice }) => unitPrice.currency);
  const sums = [...cost].map(([currency, some]) => ({
    amount: some.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice.amount, 0),
    currency,
  }));
  const [sum] = sums;
  if (sums.length === 1 && sum?.currency === total.currency && sum.amount === total.amount) return undefined;
  return `is to cost ${money(total)}, and its items cost ${sums.map(money).join(' + ') || 'nothing'}`;
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
