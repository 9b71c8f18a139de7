import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { plain } from '../text/format.ts';
import { orderStates } from './board.ts';
import { type LiveModel, renderLive } from './renderLive.ts';

const model: LiveModel = {
  runningMs: 134_000,
  counts: { placed: 3, paid: 1, preparing: 12, ready: 0, on_the_way: 9, delivered: 241, cancelled: 6 },
  orders: [
    {
      orderId: '019a0000-0000-7000-8000-0000a1b2c3d4',
      items: '2 Flat White, Croissant, Banana Bread with Butter',
      state: 'delivered',
      times: { placed: 0, paid: 412, preparing: 900, ready: 4_100, on_the_way: 4_300, delivered: 12_400 },
    },
    {
      orderId: '019a0000-0000-7000-8000-0000ffffffff',
      items: 'Espresso',
      state: 'cancelled',
      reason: 'payment_failed',
      times: { placed: 0, cancelled: 500 },
    },
  ],
  rates: ['orders', 'payments', 'kitchen', 'shipments', 'stock', 'menu'].map((topic) => ({
    topic: `brew.${topic}.v1`,
    perSecond: 1.1,
    history: [0, 1, 1, 2, 1, 0, 1, 1, 2, 4],
  })),
  addresses: [
    { what: 'menu', url: 'http://localhost:3001/menu' },
    { what: 'sales', url: 'http://localhost:3005/reports/sales' },
  ],
  troubles: [],
  stale: undefined,
};

const render = (changes: Partial<LiveModel> = {}, columns = 80, rows = 40) =>
  renderLive({ ...model, ...changes }, { columns, rows }, plain).split('\n');

describe('renderLive', () => {
  it('shows states, orders with their steps, rates and addresses', () => {
    expect(`\n${render().join('\n')}`).toBe(`
Brew · running 2 min 14 s

placed  paid  preparing  ready  on the way  delivered  cancelled
     3     1         12      0           9        241          6

order     items                     paid making  ready on way end
a1b2c3d4  2 Flat White, Croissan…    0.4    0.9    4.1    4.3 12.4 delivered
ffffffff  Espresso                                            payment failed

Events per second, last 10 s
brew.orders.v1        1.1  ▂▂▄▂ ▂▂▄▇    brew.shipments.v1     1.1  ▂▂▄▂ ▂▂▄▇
brew.payments.v1      1.1  ▂▂▄▂ ▂▂▄▇    brew.stock.v1         1.1  ▂▂▄▂ ▂▂▄▇
brew.kitchen.v1       1.1  ▂▂▄▂ ▂▂▄▇    brew.menu.v1          1.1  ▂▂▄▂ ▂▂▄▇

menu         http://localhost:3001/menu
sales        http://localhost:3005/reports/sales

Ctrl-C stops everything · npx brew order · npx brew watch`);
  });

  it('never is wider or higher than the terminal', () => {
    const count = fc.nat(10_000_000);
    fc.assert(
      fc.property(
        fc.integer({ min: 20, max: 250 }),
        fc.integer({ min: 2, max: 80 }),
        fc.record(
          Object.fromEntries(orderStates.map((state) => [state, count])) as Record<
            (typeof orderStates)[number],
            typeof count
          >,
        ),
        fc.nat(40),
        fc.array(fc.string(), { maxLength: 4 }),
        (columns, rows, counts, orders, lines) => {
          const [order] = model.orders;
          const troubles = lines.map((line) => ({ name: 'kitchen', line: line.replaceAll(/\s/g, ' ') }));
          const shown = render(
            { counts, troubles, stale: 'waiting for Kafka', orders: order ? Array(orders).fill(order) : [] },
            columns,
            rows,
          );
          expect(shown.length).toBeLessThan(rows);
          expect(Math.max(...shown.map((line) => [...line].length))).toBeLessThanOrEqual(columns);
        },
      ),
    );
  });

  it('gives up addresses before orders when it gets tight', () => {
    expect(render({}, 80, 19).join('\n')).not.toContain('http://');
    expect(render({}, 80, 19).join('\n')).toContain('a1b2c3d4');
  });

  it('shows who died', () => {
    const troubles = [{ name: 'kitchen', line: 'kitchen ended by itself (signal SIGKILL)' }];
    expect(render({ troubles }).join('\n')).toContain('✗ kitchen ended by itself (signal SIGKILL)');
  });
});
