import { CourierAssigned } from '@brew/events';
import { consume } from './consume.ts';

/** A courier has it. May be seen before OrderReady, which is on another topic. */
export const onCourierAssigned = consume(CourierAssigned, ({ assignedAt }) => ({
  type: 'recordStep',
  step: 'on_the_way',
  at: assignedAt,
}));
