import { OrderPlaced } from '@brew/events';
import { sees } from './sees.ts';

/** What loyalty takes from OrderPlaced: replace it by what it is really for. */
export const onOrderPlaced = sees(OrderPlaced, ({ data, time, type }) => ({
  event: type.name,
  key: data.orderId,
  at: time,
}));
