import { onCancellationRequested } from './onCancellationRequested.ts';
import { onOrderCancelled } from './onOrderCancelled.ts';
import { onOrderPlaced } from './onOrderPlaced.ts';
import { onPaymentReceived } from './onPaymentReceived.ts';

/** Everything that the kitchen listens to. They only write facts down; the line acts on them. */
export const handlers = [onOrderPlaced, onPaymentReceived, onCancellationRequested, onOrderCancelled];
