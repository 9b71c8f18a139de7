import { OrderReady } from '@brew/events';
import { consume } from './consume.ts';

/** It waits for a courier. */
export const onOrderReady = consume(OrderReady, ({ readyAt }) => ({
  type: 'recordStep',
  step: 'ready',
  at: readyAt,
}));
