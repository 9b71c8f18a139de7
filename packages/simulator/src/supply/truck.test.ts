import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { Shop, StockLine } from '../shop.ts';
import { createTruck } from './truck.ts';

describe('createTruck', () => {
  it('fills each shelf to its par, and comes by again after a failure', async () => {
    const shelves: Record<string, StockLine[]> = {
      'cafe-001': [
        { sku: 'espresso', available: 3, par: 10 },
        { sku: 'croissant', available: 10, par: 10 },
        { sku: 'muffin', available: 12, par: 10 },
      ],
      'cafe-002': [{ sku: 'espresso', available: 0, par: 5 }],
    };
    let failures = 1;
    let deliveries = 0;
    await new Promise<void>((resolve) => {
      const truck = createTruck({
        shop: {
          stock: async (cafeId) => {
            if (failures-- > 0) throw new Error('the shop is down');
            return shelves[cafeId] ?? [];
          },
          deliver: async (cafeId, items) => {
            for (const { sku, quantity } of items) {
              const line = shelves[cafeId]?.find((one) => one.sku === sku);
              if (line) line.available += quantity;
            }
          },
        } as Shop,
        cafes: () => Object.keys(shelves),
        roundMs: 2,
        log: pino({ level: 'silent' }),
        onDelivery: (units) => {
          deliveries += units;
          if (deliveries === 12) void truck.stop().then(resolve);
        },
      });
      truck.start();
    });
    expect(shelves['cafe-001']?.map(({ available }) => available)).toEqual([10, 10, 12]);
    expect(shelves['cafe-002']?.map(({ available }) => available)).toEqual([5]);
  });
});
