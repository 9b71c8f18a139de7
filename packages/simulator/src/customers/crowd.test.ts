import { afterEach, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { type Shop, ShopError } from '../shop.ts';
import { type Crowd, type CrowdOptions, type CrowdOutcome, createCrowd } from './crowd.ts';
import type { OrderRequest } from './generator.ts';

let crowd: Crowd | undefined;
afterEach(() => crowd?.stop());

interface Run {
  outcomes: CrowdOutcome[];
  orders: { order: OrderRequest; key: string }[];
}

/** Runs a crowd against a shop until its outcomes are `enough`. */
async function run(
  enough: (outcomes: CrowdOutcome[]) => boolean,
  placeOrder: Shop['placeOrder'],
  options: Partial<CrowdOptions> = {},
): Promise<Run> {
  const outcomes: CrowdOutcome[] = [];
  const orders: Run['orders'] = [];
  await new Promise<void>((resolve) => {
    crowd = createCrowd({
      shop: {
        placeOrder: (order, key) => {
          orders.push({ order, key });
          return placeOrder(order, key);
        },
        cancelOrder: async () => true,
      } as Partial<Shop> as Shop,
      rate: 1_000,
      seed: 7,
      habits: { cancelRate: 0 },
      assortment: () => ({ cafes: ['cafe-001', 'cafe-002'], menu: [{ sku: 'espresso', category: 'drink' }] }),
      maxOutstanding: 10,
      log: pino({ level: 'silent' }),
      onOutcome: (outcome) => {
        outcomes.push(outcome);
        if (enough(outcomes)) resolve();
      },
      ...options,
    });
    crowd.start();
  });
  crowd?.stop();
  return { outcomes, orders };
}

const many = { maxOutstanding: 1_000 };
const accept = async () => ({ orderId: 'one' });
const never = () => new Promise<never>(() => {});
const count = (wanted: number) => (outcomes: CrowdOutcome[]) => outcomes.length >= wanted;
const one = (wanted: CrowdOutcome) => (outcomes: CrowdOutcome[]) => outcomes.includes(wanted);

describe('createCrowd', () => {
  it('goes on when the shop never answers, and turns away who finds no place to wait', async () => {
    const { outcomes, orders } = await run(count(20), never);
    expect(orders).toHaveLength(10);
    expect(new Set(outcomes)).toEqual(new Set(['turned_away']));
  });

  it('tries again with the same key what got no answer', async () => {
    const answers = [Promise.reject(new ShopError('down', 503)), Promise.resolve({ orderId: 'one' })];
    for (const answer of answers) answer.catch(() => {});
    const next = () => answers.shift() ?? never();
    const { orders } = await run(one('accepted'), next, { maxOutstanding: 1 });
    expect(orders).toHaveLength(2);
    expect(orders[1]).toEqual(orders[0]);
  });

  it('takes a refusal for an answer', async () => {
    // Nobody is turned away, however many come at once after the machine has stood still.
    const no = async () => {
      throw new ShopError('no', 422);
    };
    const { outcomes, orders } = await run(count(3), no, many);
    expect(new Set(outcomes)).toEqual(new Set(['refused']));
    expect(new Set(orders.map(({ key }) => key)).size).toBe(orders.length);
  });

  it('brings the same orders for the same seed, under keys of their own', async () => {
    // Nobody is turned away: who is, depends on the moment.
    const [first, second] = [await run(count(20), accept, many), await run(count(20), accept, many)];
    const orders = (run: Run) => run.orders.slice(0, 20).map(({ order }) => order);
    expect(orders(second)).toEqual(orders(first));
    expect(second.orders[0]?.key).not.toBe(first.orders[0]?.key);
  });

  it('lets customers change their mind', async () => {
    const { outcomes } = await run(one('cancelled'), accept, { habits: { cancelRate: 1 } });
    expect(outcomes).toContain('accepted');
  });
});
