import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, removeData, type SandboxOptions, type System, startSystem } from '@brew/sandbox';
import { type Assortment, createShop } from '@brew/simulator';

/** A system that exists for the benchmark alone. */
export interface Bench extends AsyncDisposable {
  /** Of its data, logs and run.json: what `BREW_DIR` names. */
  dir: string;
  system: System;
  assortment: Assortment;
}

/** More of everything than any run sells: an empty shelf would be a cancelled order, and measure nothing. */
const STOCK = 1_000_000;
const STAFF_TOKEN = 'bench-staff';

/** Nothing takes time but the system itself, and nobody does wrong. */
const environment = {
  STAFF_TOKEN,
  LOG_LEVEL: 'warn',
  // All customers come from one address here; the limit is per address.
  RATE_LIMIT_PER_MINUTE: '10000000',
  DELAY_MS: '0',
  DECLINE_RATE: '0',
  LATE_RATE: '0',
  DUPLICATE_RATE: '0',
  OUT_OF_ORDER_RATE: '0',
  SILENT_RATE: '0',
  // The shelves are full: the truck would only look at them.
  TRUCK_ROUND_SECONDS: '3600',
};

/**
 * Starts a system on free ports in a folder of its own, with full shelves. Its end removes the folder.
 * @param rate orders per second that simulated customers place; left out, there are none
 */
export async function startBench({
  rate = 0,
  ...options
}: Pick<SandboxOptions, 'onStep' | 'onExit' | 'signal'> & { rate?: number }): Promise<Bench> {
  const dir = await mkdtemp(join(tmpdir(), 'brew-bench-'));
  const remove = async () => {
    await removeData(dir);
    await rm(dir, { recursive: true, force: true });
  };
  try {
    const ports = await freePorts();
    const system = await startSystem({ ...options, dir, ports, rate, speed: 0, env: environment });
    const stop = async () => {
      await system.stop();
      await remove();
    };
    try {
      return { dir, system, assortment: await fillShelves(system), [Symbol.asyncDispose]: stop };
    } catch (error) {
      await system.stop();
      throw error;
    }
  } catch (error) {
    await remove();
    throw error;
  }
}

async function fillShelves(system: System): Promise<Assortment> {
  const shop = createShop({
    orderUrl: system.url('order'),
    catalogUrl: system.url('catalog'),
    staffToken: STAFF_TOKEN,
    signal: new AbortController().signal,
  });
  const assortment = await shop.assortment();
  const items = assortment.menu.map(({ sku }) => ({ sku, quantity: STOCK }));
  for (const cafe of assortment.cafes) await shop.deliver(cafe, items);
  return assortment;
}
