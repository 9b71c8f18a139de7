import {
  CancellationRequested,
  KitchenStarted,
  OrderCancelled,
  OrderPlaced,
  OrderReady,
  PaymentReceived,
  TicketDropped,
} from '@brew/events';
import { infrastructure } from '@brew/sandbox/testing';
import { createTestBench, type TestBench } from '@brew/service/testing';
import { type KitchenConfig, readKitchenConfig } from './config.ts';

/** The kitchen's tables and events, without its consumer and its line. */
export const createKitchenBench = (now?: () => Date): Promise<TestBench<KitchenConfig>> =>
  createTestBench({
    name: 'kitchen',
    migrations: new URL('./store/migrations/', import.meta.url),
    events: [
      ...[OrderPlaced, PaymentReceived, CancellationRequested, OrderCancelled],
      ...[KitchenStarted, OrderReady, TicketDropped],
    ],
    infrastructure: infrastructure(),
    readConfig: readKitchenConfig,
    ...(now && { now }),
  });

const EUR = (amount: number) => ({ amount, currency: 'EUR' });

/** An order of one latte, which takes a minute; it counts as paid `minute` minutes after 08:00. */
export function latte(orderId: string, cafeId = 'cafe-001', minute = 0) {
  const at = Date.parse('2026-01-01T08:00:00Z');
  const item = { sku: 'latte', name: 'Latte', category: 'drink' as const, quantity: 1, unitPrice: EUR(420) };
  const placed: OrderPlaced = {
    orderId,
    cafeId,
    customer: { name: 'Ada', address: 'Bean Lane 1' },
    items: [{ ...item, preparationSeconds: 60 }],
    total: EUR(420),
    placedAt: at,
    channel: 'app',
  };
  const paid: PaymentReceived = {
    orderId,
    paymentId: `payment of ${orderId}`,
    amount: EUR(420),
    receivedAt: at + minute * 60_000,
  };
  return { placed, paid };
}
