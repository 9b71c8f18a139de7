import type { Channel, MenuItemChanged, OrderItem, OrderPlaced } from '@brew/events';
import type { Instant, Order } from './order.ts';

/** What the customer asks for; the shape is checked already, what it means is not. */
export interface OrderRequest {
  cafeId: string;
  items: { sku: string; quantity: number }[];
  customer: OrderPlaced['customer'];
  /** The app, unless said. */
  channel?: Channel | undefined;
}

/** Where and at what price things are sold. */
export interface Offer {
  hasCafe(cafeId: string): boolean;
  itemOf(sku: string): MenuItemChanged | undefined;
}

/** What is wrong with a field of the request, named by its path: `items.0.sku`. */
export interface FieldError {
  field: string;
  message: string;
}

export type Placed = { order: Order } | { errors: FieldError[] };

/**
 * Makes an order of a request, at the prices of the menu as it is now: what the customer was told is what is charged,
 * whatever the menu says later.
 */
export function placeOrder(request: OrderRequest, offer: Offer, orderId: string, at: Instant): Placed {
  const errors: FieldError[] = [];
  if (!offer.hasCafe(request.cafeId)) {
    errors.push({ field: 'cafeId', message: `there is no cafe ${request.cafeId}` });
  }

  const items: OrderItem[] = [];
  for (const [index, { sku, quantity }] of request.items.entries()) {
    const field = `items.${index}.sku`;
    const entry = offer.itemOf(sku);
    if (entry === undefined) {
      errors.push({ field, message: `${sku} is not on the menu` });
      continue;
    }
    const { name, category, price, preparationSeconds } = entry;
    const currency = items[0]?.unitPrice.currency ?? price.currency;
    if (price.currency !== currency) {
      errors.push({
        field,
        message: `${sku} is sold in ${price.currency}, the rest of the order in ${currency}`,
      });
    }
    items.push({ sku, name, category, quantity, unitPrice: price, preparationSeconds });
  }

  const [first] = items;
  if (first === undefined || errors.length > 0) return { errors };
  const amount = items.reduce((sum, item) => sum + item.quantity * item.unitPrice.amount, 0);
  const order: Order = {
    orderId,
    cafeId: request.cafeId,
    customer: request.customer,
    channel: request.channel ?? 'app',
    items,
    total: { amount, currency: first.unitPrice.currency },
    status: 'placed',
    times: { placed: at },
    payment: { state: 'none' },
    otherPayments: [],
  };
  return { order };
}
