import { type Command, decide } from '../domain/decide.ts';
import { evolve } from '../domain/evolve.ts';
import type { Fact, Order } from '../domain/order.ts';

/** An order of one latte, placed at 1,000. */
export const placedOrder: Order = {
  orderId: 'order-1',
  cafeId: 'cafe-001',
  customer: { name: 'Ada', address: 'Bean Lane 1' },
  channel: 'app',
  items: [
    {
      sku: 'latte',
      name: 'Latte',
      category: 'drink',
      quantity: 1,
      unitPrice: { amount: 420, currency: 'EUR' },
      preparationSeconds: 90,
    },
  ],
  total: { amount: 420, currency: 'EUR' },
  status: 'placed',
  times: { placed: 1_000 },
  payment: { state: 'none' },
  otherPayments: [],
};

/** The commands of an order that ends well, as far as one wants to go. */
export const received: Command & { type: 'receivePayment' } = {
  type: 'receivePayment',
  paymentId: 'pay-1',
  amount: placedOrder.total,
  at: 2_000,
};
export const started: Command = { type: 'recordStep', step: 'preparing', at: 3_000 };
export const ready: Command = { type: 'recordStep', step: 'ready', at: 4_000 };
export const assigned: Command = { type: 'recordStep', step: 'on_the_way', at: 5_000 };
export const delivered: Command = { type: 'recordStep', step: 'delivered', at: 6_000 };

/** The order after these commands, and all the facts they led to. */
export function run(...commands: Command[]): { order: Order; facts: Fact[] } {
  let order = placedOrder;
  const facts: Fact[] = [];
  for (const command of commands) {
    const decided = decide(order, command);
    order = decided.reduce(evolve, order);
    facts.push(...decided);
  }
  return { order, facts };
}
