import { setTimeout as delay } from 'node:timers/promises';
import type { Part } from '@brew/service';
import type { Logger } from 'pino';
import { type Crowd, type CrowdOptions, createCrowd } from './customers/crowd.ts';
import type { Assortment } from './customers/generator.ts';
import { createShop, type ShopOptions } from './shop.ts';
import { createTruck, type TruckOptions } from './supply/truck.ts';

export interface OutsideOptions {
  shop: Omit<ShopOptions, 'signal'>;
  crowd: Omit<CrowdOptions, 'shop' | 'assortment' | 'log'>;
  truck: Omit<TruckOptions, 'shop' | 'cafes' | 'log'>;
  log: Logger;
}

export interface Outside extends Part {
  outstanding(): number;
}

const RETRY_MS = 1_000;
/** How old the menu in the customers' hands may be. */
const REFRESH_MS = 30_000;

/**
 * The world around the shop: customers and the supply truck. They come as soon as the shop shows a menu; start() does
 * not wait for that, since the shop may in turn be waiting for the payment provider of this same process.
 */
export function createOutside(options: OutsideOptions): Outside {
  const { crowd: crowdOptions, truck: truckOptions, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const shop = createShop({ ...options.shop, signal });
  let assortment: Assortment | undefined;
  let crowd: Crowd | undefined;
  let following: Promise<void> = Promise.resolve();

  const truck = createTruck({ ...truckOptions, shop, cafes: () => assortment?.cafes ?? [], log });

  /** @throws as long as there is nothing to order, or nowhere */
  async function look(): Promise<Assortment> {
    const seen = await shop.assortment();
    if (seen.menu.length === 0 || seen.cafes.length === 0)
      throw new Error('the shop has nothing to sell yet');
    return seen;
  }

  async function follow(): Promise<void> {
    while (!signal.aborted) {
      try {
        assortment = await look();
        crowd ??= open(assortment);
      } catch (error) {
        log.debug({ reason: String(error) }, 'no menu');
      }
      await delay(crowd ? REFRESH_MS : RETRY_MS, undefined, { signal });
    }
  }

  function open(first: Assortment): Crowd {
    const opened = createCrowd({ ...crowdOptions, shop, assortment: () => assortment ?? first, log });
    if (crowdOptions.rate > 0) opened.start();
    truck.start();
    log.info(
      { rate: crowdOptions.rate, seed: crowdOptions.seed, cafes: first.cafes.length },
      'customers are coming',
    );
    return opened;
  }

  return {
    name: 'customers',
    async start() {
      following = follow().catch(() => {}); // only an aborted delay() gets here
    },
    async stop() {
      stopping.abort();
      crowd?.stop();
      await Promise.all([following, truck.stop()]);
    },
    health: () => (assortment ? { up: true } : { up: false, detail: 'waiting for the menu' }),
    outstanding: () => crowd?.outstanding() ?? 0,
  };
}
