import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Shop } from '../shop.ts';

export interface TruckOptions {
  shop: Shop;
  /** Where to go, asked anew for each round. */
  cafes(): readonly string[];
  /** How long one round takes, in milliseconds, spread evenly so that the truck is no load of its own. */
  roundMs: number;
  log: Logger;
  onDelivery(units: number): void;
}

export interface Truck {
  start(): void;
  stop(): Promise<void>;
}

/** Drives from cafe to cafe and fills each shelf to its par, so that orders can flow for ever. */
export function createTruck({ shop, cafes, roundMs, log, onDelivery }: TruckOptions): Truck {
  const stopping = new AbortController();
  let driving: Promise<void> = Promise.resolve();

  async function drive(): Promise<void> {
    while (!stopping.signal.aborted) {
      const stops = cafes();
      for (const cafeId of stops) {
        await delay(roundMs / stops.length, undefined, { signal: stopping.signal });
        await fill(cafeId);
      }
    }
  }

  async function fill(cafeId: string): Promise<void> {
    try {
      const missing = (await shop.stock(cafeId))
        .filter(({ available, par }) => available < par)
        .map(({ sku, available, par }) => ({ sku, quantity: par - available }));
      if (missing.length === 0) return;
      await shop.deliver(cafeId, missing);
      onDelivery(missing.reduce((sum, { quantity }) => sum + quantity, 0));
    } catch (error) {
      // The next round comes by again.
      if (!stopping.signal.aborted) log.warn({ cafeId, reason: String(error) }, 'delivery failed');
    }
  }

  return {
    start() {
      driving = drive().catch(() => {}); // only an aborted delay() gets here
    },
    async stop() {
      stopping.abort();
      await driving;
    },
  };
}
