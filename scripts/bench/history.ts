import * as events from '@brew/events';
import { type Assortment, customer, type OrderRequest } from '@brew/simulator';
import { openingMenu } from '../../services/catalog/src/domain/openingMenu.ts';

/** An event of an order's life, and when it happened, in milliseconds since the epoch. */
export interface HistoricEvent {
  type: events.EventType;
  data: unknown;
  orderId: string;
  at: number;
}

const SEED = 1;
const HABITS = { cancelRate: 0.05 };
const ASSORTMENT: Assortment = { cafes: events.cafes.map(({ id }) => id), menu: openingMenu };
/** Between two orders: a promo day. */
const MEAN_GAP_MS = 7.5;
/** How many events are put into order at a time. */
const SLICE = 100_000;

/**
 * What becomes of the simulator's customers, one after another, as all services together tell it: in the order of time, in slices.
 * @param count how many events; at the end some orders are under way, as they always are
 * @param end when the last of them is placed, in milliseconds since the epoch
 */
export function* history(count: number, end: number): Generator<HistoricEvent[]> {
  let at = end - (count / 7) * MEAN_GAP_MS;
  let pending: HistoricEvent[] = [];
  for (let n = 0, told = 0; told < count; n++) {
    const { gap, order, cancelAfterMs } = customer(SEED, n, ASSORTMENT, HABITS);
    at += gap * MEAN_GAP_MS;
    pending.push(...lifeOf(n, order, Math.round(at), cancelAfterMs !== undefined));
    if (pending.length < 2 * SLICE) continue;
    pending.sort((a, b) => a.at - b.at);
    const settled = pending.findIndex((event) => event.at > at);
    const slice = pending.slice(0, Math.min(settled, count - told));
    pending = pending.slice(settled);
    told += slice.length;
    yield slice;
  }
}

/** The events of one order: it is delivered, or cancelled before the kitchen starts. */
function lifeOf(n: number, order: OrderRequest, placedAt: number, cancelled: boolean): HistoricEvent[] {
  const orderId = events.uuidv7();
  const { cafeId, customer: who, channel } = order;
  const items = order.items.map(({ sku, quantity }) => lineOf(sku, quantity));
  const total = euros(items.reduce((sum, { quantity, unitPrice }) => sum + quantity * unitPrice.amount, 0));
  const stock = order.items.map(({ sku, quantity }) => ({ sku, quantity, remaining: 900 - (n % 800) }));
  const courier = `courier-${String(n % 200).padStart(3, '0')}`;
  const life: HistoricEvent[] = [];
  let at = placedAt;
  function then<Data extends { orderId: string }>(
    afterMs: number,
    type: events.EventType<Data>,
    dataAt: (at: number) => Omit<Data, 'orderId'>,
  ): void {
    at += afterMs;
    life.push({ type: type as events.EventType, data: { orderId, ...dataAt(at) }, orderId, at });
  }

  then(0, events.OrderPlaced, (placedAt) => ({
    ...{ cafeId, customer: who, items, total, placedAt, channel },
  }));
  then(40, events.StockReserved, (reservedAt) => ({ cafeId, items: stock, reservedAt }));
  if (cancelled) {
    then(400, events.OrderCancelled, (cancelledAt) => ({ reason: 'customer_request' as const, cancelledAt }));
    then(30, events.StockReleased, (releasedAt) => ({ cafeId, items: stock, releasedAt }));
    return life;
  }
  then(900, events.PaymentReceived, (receivedAt) => ({
    paymentId: `pay_${orderId}`,
    amount: total,
    receivedAt,
  }));
  const preparing = 1_000 * Math.max(...items.map(({ preparationSeconds }) => preparationSeconds));
  then(2_000 + (n % 30) * 1_000, events.KitchenStarted, (startedAt) => ({
    cafeId,
    slot: 1 + (n % 3),
    startedAt,
    expectedReadyAt: startedAt + preparing,
  }));
  then(preparing, events.OrderReady, (readyAt) => ({ cafeId, customer: who, readyAt }));
  then(500, events.CourierAssigned, (assignedAt) => ({
    courierId: courier,
    courierName: who.name,
    assignedAt,
    expectedDeliveryAt: assignedAt + 120_000,
  }));
  then(60_000 + (n % 120) * 1_000, events.OrderDelivered, (deliveredAt) => ({
    courierId: courier,
    deliveredAt,
  }));
  return life;
}

const menu = new Map(openingMenu.map((item) => [item.sku, item]));

function lineOf(sku: string, quantity: number): events.OrderItem {
  const item = menu.get(sku);
  if (!item) throw new RangeError(`${sku} is not on the menu`);
  const { name, category, price, preparationSeconds } = item;
  return { sku, name, category, quantity, unitPrice: price, preparationSeconds };
}

const euros = (amount: number): events.Money => ({ amount, currency: 'EUR' });
