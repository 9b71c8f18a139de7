import { find } from '../orderState.ts';
import type { Invariant } from './finding.ts';

export const oneEnd: Invariant = {
  name: 'one-end',
  promise: 'every order placed is delivered or cancelled, and not both',
  check(order) {
    const placed = find(order, 'OrderPlaced');
    const delivered = find(order, 'OrderDelivered');
    const cancelled = find(order, 'OrderCancelled');
    if (delivered && cancelled) return [{ sentence: 'was both delivered and cancelled' }];
    if (!placed || delivered || cancelled) return [];
    const missing = { events: ['OrderDelivered', 'OrderCancelled'], since: placed.time };
    return [{ sentence: 'was placed and never ended', missing }];
  },
};
