import { duration, fit, money, type Paint } from '../text/format.ts';
import type { OrderView } from './shop.ts';

const titles: Readonly<Record<string, string>> = {
  placed: 'placed',
  paid: 'paid',
  preparing: 'preparing',
  ready: 'ready',
  on_the_way: 'on the way',
  delivered: 'delivered',
  cancelled: 'cancelled',
};

export function isFinal({ status }: OrderView): boolean {
  return status === 'delivered' || status === 'cancelled';
}

/** "Order 019a… at cafe-007: 2 Flat White, Croissant, 10.60 EUR" */
export function heading({ orderId, cafeId, items, total }: OrderView, paint: Paint): string {
  const what = items.map(({ name, quantity }) => (quantity > 1 ? `${quantity} ${name}` : name)).join(', ');
  return `${paint('bold', `Order ${orderId}`)} at ${cafeId}: ${what}, ${money(total)}`;
}

/** A line for each step that is new since `before`, with the time it took; and the end with the time of it all. */
export function newSteps(view: OrderView, before: OrderView | undefined, paint: Paint): string[] {
  const steps = stepsOf(view);
  const placedAt = steps[0]?.at ?? 0;
  return steps.flatMap(({ state, at }, index) => {
    if (before?.times[state] !== undefined) return [];
    const took = index === 0 ? '' : duration(at - (steps[index - 1]?.at ?? at));
    const step = `${fit(titles[state] ?? state, 11)}${fit(took, 12, 'right')}`;
    if (state === 'delivered')
      return [
        paint('green', `✔ ${step}`),
        `  ${fit('in all', 11)}${fit(duration(at - placedAt), 12, 'right')}`,
      ];
    if (state === 'cancelled')
      return [paint('red', `✗ ${step}  ${(view.reason ?? '').replaceAll('_', ' ')}`.trimEnd())];
    return [`· ${step}`.trimEnd()];
  });
}

/** In the order in which they happened; those of the same millisecond in the order of an order's life. */
function stepsOf({ times }: OrderView): { state: string; at: number }[] {
  const life = Object.keys(titles);
  return Object.entries(times)
    .map(([state, time]) => ({ state, at: Date.parse(time) }))
    .sort((a, b) => a.at - b.at || life.indexOf(a.state) - life.indexOf(b.state));
}
