import { OrderDelivered } from '@brew/events';
import { consume } from './consume.ts';

/** The customer has it. */
export const onOrderDelivered = consume(OrderDelivered, ({ deliveredAt }) => ({
  type: 'recordStep',
  step: 'delivered',
  at: deliveredAt,
}));
