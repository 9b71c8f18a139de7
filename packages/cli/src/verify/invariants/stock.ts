import { endOf, find, type OrderState } from '../orderState.ts';
import type { SeenEvent } from '../seen.ts';
import type { Finding, Invariant } from './finding.ts';

export const stock: Invariant = {
  name: 'stock',
  promise: 'stock is never negative, and what was reserved is what was sold or released',
  check: (order) => [...faults(order), ...reservations(order)],
};

function* faults({ events }: OrderState): Generator<Finding> {
  for (const { name, fault } of events)
    if (fault !== undefined && name !== 'OrderPlaced') yield { sentence: fault };
}

function* reservations(order: OrderState): Generator<Finding> {
  const placed = find(order, 'OrderPlaced');
  const reserved = find(order, 'StockReserved');
  const released = find(order, 'StockReleased');
  if (placed && reserved && !same(placed, reserved)) {
    yield { sentence: `wanted ${lines(placed)}, and ${lines(reserved)} was reserved` };
  }
  if (reserved && released && !same(reserved, released)) {
    yield { sentence: `had ${lines(reserved)} reserved, and ${lines(released)} was released` };
  }

  const end = endOf(order);
  if (end === 'delivered') {
    const since = find(order, 'OrderDelivered')?.time ?? 0;
    const missing = { events: ['StockReserved'], since };
    if (!reserved) yield { sentence: 'was delivered without stock reserved for it', missing };
    if (released) yield { sentence: 'was delivered although its stock was released' };
  }
  if (end === 'cancelled' && reserved && !released) {
    const since = Math.max(reserved.time, find(order, 'OrderCancelled')?.time ?? 0);
    const missing = { events: ['StockReleased'], since };
    yield { sentence: 'was cancelled, and its stock was not released', missing };
  }
}

function same({ stock: one }: SeenEvent, { stock: other }: SeenEvent): boolean {
  if (one?.cafeId !== other?.cafeId || one?.lines.length !== other?.lines.length) return false;
  // Lines are sorted by sku.
  return (one?.lines ?? []).every(
    ({ sku, quantity }, index) =>
      other?.lines[index]?.sku === sku && other.lines[index]?.quantity === quantity,
  );
}

function lines({ stock: found }: SeenEvent): string {
  const items = found?.lines.map(({ sku, quantity }) => `${quantity} ${sku}`).join(' + ');
  return `${items || 'nothing'} at ${found?.cafeId}`;
}
