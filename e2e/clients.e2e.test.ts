import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runningSystem, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type OrderBook, openBooks, type PaymentBook } from './books.ts';
import { attachBrew, type Brew } from './brew.ts';
import { brewIn, lives } from './cli.ts';
import { commandsOf, runCommand } from './commands.ts';
import { type DevInstance, interrupt, startDevInstance } from './devInstance.ts';
import { readDeadLetters } from './readTopics.ts';
import { beginRushHour, cafes, type RushHour, type Served } from './rushHour.ts';
import { SPEED } from './startSystem.ts';

const services = ['catalog', 'order', 'kitchen', 'courier', 'analytics'] as const;
const root = join(import.meta.dirname, '..');
const dir = runningSystem();
let brew: Brew;
let rushHour: RushHour | undefined;
let kitchen: DevInstance | undefined;
/** Of the cafes of the rush hour, before it: what had been sold, and what is on the shelves. */
let before: { sold: number; stock: number };
/** Letters that other tests have left. */
let lettersBefore: number;

const sum = (numbers: readonly number[]) => numbers.reduce((total, number) => total + number, 0);
const all = <Answer>(ask: (cafeId: string) => Promise<Answer>) => Promise.all(cafes.map(ask));
const shops = async () => ({
  sold: sum((await all((cafeId) => brew.sales(cafeId))).map(({ orders }) => orders)),
  stock: sum(await all((cafeId) => brew.stock(cafeId, 'latte'))),
});

beforeAll(async () => {
  brew = await attachBrew();
  // Every second webhook comes twice.
  await brew.behave({ duplicateRate: 0.5 });
  before = await shops();
  lettersBefore = (await readDeadLetters(brew.brokers)).length;
});
afterAll(async () => {
  await rushHour?.end();
  if (kitchen && lives(kitchen.pid)) process.kill(kitchen.pid, 'SIGKILL');
  const inUse: Record<string, string> = await librariesInUse().catch(() => ({}));
  const moved = services.filter((name) => inUse[name] !== 'platformatic');
  if (moved.length > 0) await brewIn(dir)('restart', ...moved, '--client', 'platformatic');
  await brew?.detach();
});

const lab = await readFile(join(root, 'docs/labs/change-the-client.md'), 'utf8');
const commands = commandsOf(lab).map(({ command }) => command);

const run = async (command: string) => {
  const { ended, output } = await runCommand(command, { dir, cwd: root });
  expect({ ended, output }).toEqual({ ended: 0, output });
  return output;
};

/** By which library each says that it talks to Kafka. */
async function librariesInUse(): Promise<Record<string, string>> {
  const answers = services.map(async (name) => [
    name,
    (await brew.health(name)).body.dependencies.kafka.library,
  ]);
  return Object.fromEntries(await Promise.all(answers));
}
const allBut = (usual: string, others: Record<string, string> = {}) => ({
  ...Object.fromEntries(services.map((name) => [name, usual])),
  ...others,
});

/** What a restart says, and that an order then goes all the way through services as they are. */
const moves =
  (library: string, inUse: () => Record<string, string>) =>
  async (command: string): Promise<void> => {
    const names = services.filter((name) => command.includes(` ${name}`));
    const output = await run(command);
    for (const name of names)
      expect(output).toMatch(new RegExp(`^✔ ${name} is ready with ${library}, after `, 'm'));
    expect(await librariesInUse()).toEqual(inUse());
    const { orderId } = await brew.place({ cafeId: 'cafe-021', items: [{ sku: 'latte', quantity: 1 }] });
    expect(await brew.untilEnded(orderId)).toMatchObject({ status: 'delivered' });
  };

const shows = (shown: RegExp) => async (command: string) => expect(await run(command)).toMatch(shown);
/** The members of a group get their share some moments after they have come. */
const comesToShow = (shown: RegExp) => async (command: string) =>
  void (await until(async () => shown.test(await run(command)), { what: `${command} to show ${shown}` }));

// One walk through the lab: each step goes on from what the one before left.
describe('the lab that changes the client', () => {
  const steps: [command: string, step: (command: string) => Promise<unknown>][] = [
    ['npm start -- --rate 10', async () => (rushHour = beginRushHour(brew))],
    [
      'npx brew restart catalog order kitchen courier analytics --client kafkajs',
      moves('kafkajs', () => allBut('kafkajs')),
    ],
    [
      'npx brew status',
      shows(/^With kafkajs instead of platformatic: catalog, order, kitchen, courier, analytics$/m),
    ],
    ['npx brew groups kitchen', comesToShow(/^kitchen: Stable, 1 member.*\nclassic protocol/)],
    [
      'npx brew dev kitchen',
      async (command) => {
        const env = { SPEED: String(SPEED) };
        kitchen = await startDevInstance(command, { dir, checkout: root, env });
        expect(kitchen.shown()).toMatch(/talks to Kafka .*"platformatic"/);
      },
    ],
    [
      'npx brew groups kitchen',
      comesToShow(
        /^kitchen: Stable, 2 members.*\nconsumer protocol.*MEMBER(.*\n.* brew\.orders\.v1 \d-\d){2}/s,
      ),
    ],
    [
      'npx brew restart kitchen --client platformatic',
      async (command) => {
        await moves('platformatic', () => allBut('kafkajs', { kitchen: 'platformatic' }))(command);
        await interrupt(kitchen as DevInstance);
      },
    ],
    [
      'npx brew restart catalog order courier analytics --client platformatic',
      moves('platformatic', () => allBut('platformatic')),
    ],
    ['npx brew groups kitchen', comesToShow(/^kitchen: Stable, 1 member.*\nconsumer protocol/)],
    [
      'npx brew restart kitchen --client kafkajs',
      moves('kafkajs', () => allBut('platformatic', { kitchen: 'kafkajs' })),
    ],
    ['npx brew groups kitchen', comesToShow(/^kitchen: Stable, 1 member.*\nclassic protocol/)],
    ['npx brew restart kitchen --client platformatic', moves('platformatic', () => allBut('platformatic'))],
    ['npx brew verify --databases', shows(/^✔ payments /m)],
    ['npx brew dlq', shows(/^kitchen +0 +0$/m)],
  ];

  test('has these steps, in this order', () => {
    expect(commands).toEqual(steps.map(([command]) => command));
  });
  test.each(steps.map(([command, step], index) => [index + 1, command, step] as const))(
    '%i. %s',
    async (_index, command, step) => void (await step(command)),
  );
});

describe('the orders that came meanwhile', () => {
  let served: Served[];
  let orders: OrderBook[];
  let payments: PaymentBook[];
  const isFinal = ({ status, payment }: OrderBook) =>
    status === 'delivered' || (status === 'cancelled' && payment !== 'refunding');
  const delivered = () => orders.filter(({ status }) => status === 'delivered');

  beforeAll(async () => {
    served = (await rushHour?.end()) ?? [];
    const books = openBooks(brew);
    const orderIds = served.map(({ orderId }) => orderId);
    await brew.until('every order has ended, and every webhook was taken', async () => {
      const pending = await books.pendingWebhooks();
      orders = await books.orders(orderIds);
      return pending === 0 && orders.every(isFinal);
    });
    payments = await books.payments(orderIds);
  });

  test('were taken once each', () => {
    expect(served.length).toBeGreaterThan(100);
    expect(new Set(served.map(({ orderId }) => orderId)).size).toBe(served.length);
  });

  test('were delivered, but for those whose customers changed their minds', () => {
    const ends = Map.groupBy(orders, ({ status, reason }) => reason ?? status);
    expect([...ends.keys()].toSorted()).toEqual(['customer_request', 'delivered']);
    expect(delivered().length).toBeGreaterThanOrEqual(served.length * 0.9 - 1);
  });

  test('were paid for once, or the money was given back', () => {
    const succeeded = payments.filter(({ status }) => status === 'succeeded');
    expect(new Set(succeeded.map(({ orderId }) => orderId)).size).toBe(succeeded.length);
    const kept = new Map(
      succeeded.map(({ orderId, amount, refunded }) => [orderId, amount.amount - refunded]),
    );
    for (const { orderId, status, total } of orders)
      expect({ orderId, kept: kept.get(orderId) ?? 0 }).toEqual({
        orderId,
        kept: status === 'delivered' ? total.amount : 0,
      });
  });

  test('had each effect once', () => {
    for (const { orderId } of orders) {
      const story = new Map(brew.storyOf(orderId).map(({ id, name }) => [id, name]));
      const names = [...story.values()].toSorted();
      expect({ orderId, names }).toEqual({ orderId, names: [...new Set(names)] });
    }
  });

  test('were taken from the shelves, and counted as sales, once', async () => {
    const expected = { sold: before.sold + delivered().length, stock: before.stock - delivered().length };
    await brew.until('analytics and the shelves have all of it', async () => {
      const { sold, stock } = await shops();
      return sold >= expected.sold && stock >= expected.stock;
    });
    expect(await shops()).toEqual(expected);
  });

  test('left no dead letters', async () => {
    expect(await readDeadLetters(brew.brokers)).toHaveLength(lettersBefore);
  });

  test('are what the databases and the provider have, to `npx brew verify --databases`', async () => {
    const { code, stdout, stderr } = await brewIn(dir)('verify', '--databases', '--younger-than', '0');
    expect({ code, stderr, stdout }).toEqual({ code: 0, stderr: expect.any(String), stdout });
    expect(stdout).not.toMatch(/not compared/);
  });
});
