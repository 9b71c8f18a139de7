import { crc32 } from 'node:zlib';

/** Checksums of what an order was placed with: enough to tell whether a row that keeps it says something else. */
export interface PlacedWith {
  items: number;
  /** What the kitchen is told of them. */
  made: number;
  customer: number;
  channel: number;
}

/** Of what a row or an event says, whatever that is. */
export const placedWith = {
  items: (items: unknown) =>
    sum(items, ({ sku, name, category, quantity, unitPrice, preparationSeconds }) => {
      const { amount, currency } = (unitPrice ?? {}) as Record<string, unknown>;
      return [sku, name, category, quantity, amount, currency, preparationSeconds];
    }),
  made: (items: unknown) => sum(items, ({ name, quantity }) => [name, quantity]),
  customer: (customer: unknown) => sum([customer], ({ name, address }) => [name, address]),
  channel: (channel: unknown) => crc32(String(channel)),
};

function sum(items: unknown, pick: (item: Record<string, unknown>) => unknown[]): number {
  const listed = Array.isArray(items) ? items : [];
  return crc32(JSON.stringify(listed.map((item) => pick(item ?? {}))));
}
