import { OrderPlaced } from '@brew/events';
import { handle } from '@brew/service';
import { see } from '../store/seen.ts';

/** What loyalty does with OrderPlaced: replace it by what it is really for. What `tx` writes takes effect once. */
export const onOrderPlaced = handle(OrderPlaced, async ({ data, time, type }, { tx }) => {
  await see(tx, [{ event: type.name, key: data.orderId, at: time }]);
});
