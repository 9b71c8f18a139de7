import { KitchenStarted } from '@brew/events';
import { consume } from './consume.ts';

/** A barista has begun: from here on nobody can cancel. */
export const onKitchenStarted = consume(KitchenStarted, ({ startedAt }) => ({
  type: 'recordStep',
  step: 'preparing',
  at: startedAt,
}));
