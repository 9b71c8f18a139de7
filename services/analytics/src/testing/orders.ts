import type { OrderPlaced } from '@brew/events';

/** When the orders of the tests are placed. */
export const PLACED_AT = Date.parse('2026-01-01T08:10:00Z');

interface Line {
  sku: string;
  quantity: number;
  category?: 'drink' | 'food';
}

/** An order of 4.20 EUR for each piece; of one latte unless said. */
export function placed(
  orderId: string,
  {
    cafeId = 'cafe-001',
    lines = [{ sku: 'latte', quantity: 1 }],
    placedAt = PLACED_AT,
  }: { cafeId?: string; lines?: Line[]; placedAt?: number } = {},
): OrderPlaced {
  const price = (pieces: number) => ({ amount: 420 * pieces, currency: 'EUR' });
  return {
    orderId,
    cafeId,
    customer: { name: 'Ada', address: 'Bean Lane 1' },
    items: lines.map(({ sku, quantity, category = 'drink' }) => ({
      sku,
      name: `A ${sku}`,
      category,
      quantity,
      unitPrice: price(1),
      preparationSeconds: 60,
    })),
    total: price(lines.reduce((sum, { quantity }) => sum + quantity, 0)),
    placedAt,
    channel: 'app',
  };
}
