import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyCheckout } from '@brew/cli/testing';
import { runningSystem, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attachBrew, type Brew } from './brew.ts';
import { brewIn, lives, runIn } from './cli.ts';
import { type DevInstance, interrupt, startDevInstance } from './devInstance.ts';

let checkout: Awaited<ReturnType<typeof copyCheckout>>;
const dir = runningSystem();
let shop: Brew;
let brew: ReturnType<typeof brewIn>;

beforeAll(async () => {
  shop = await attachBrew();
  await shop.behave({});
  // What the lab writes is written there, and runs beside the system.
  checkout = await copyCheckout();
  brew = brewIn(dir, {}, checkout.root);
});
afterAll(async () => {
  for (const { pid } of instances) if (lives(pid)) process.kill(pid, 'SIGKILL');
  await checkout?.[Symbol.asyncDispose]();
  await shop?.detach();
});

/** The lines of the lab's `sh` blocks, in their order. */
const lab = await readFile(join(import.meta.dirname, '../docs/labs/add-a-consumer.md'), 'utf8');
const commands = [...lab.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
  block.split('\n').filter(Boolean),
);

// One walk through the lab: each step goes on from what the one before left.
describe('the lab that adds a consumer', () => {
  const placed = async () => void (await succeed('order'));
  /** What has happened so far, also before the lab. */
  const all = () => ({
    OrderPlaced: shop.ordersWith('OrderPlaced'),
    OrderDelivered: shop.ordersWith('OrderDelivered'),
  });
  const status = () => checkout.git('status', '--short');
  const [first, second] = [() => instances[0] as DevInstance, () => instances[1] as DevInstance];

  const steps: [command: string, step: (command: string) => Promise<void>][] = [
    [
      'npm start',
      async () => expect((await runIn(dir)).processes.map(({ name }) => name)).toContain('order'),
    ],
    ['npx brew order', placed],

    ['npx brew new consumer loyalty --events OrderPlaced,OrderDelivered', succeeds],
    [
      'git status --short',
      async () => {
        expect((await status()).split('\n').filter(Boolean)).toEqual([
          ' M packages/provision/src/services.ts',
          ' M services/compose.yml',
          '?? services/loyalty/',
        ]);
      },
    ],

    ['npx brew dev loyalty', startsInstance],
    ['curl -s localhost:3006/seen', () => untilSeen(first(), all)],
    ['npx brew order', placed],
    ['curl -s localhost:3006/seen', () => untilSeen(first(), all)],

    ['npx brew dev loyalty', startsInstance],
    [
      'curl -s localhost:3006/metrics | grep brew_events_total',
      async () => {
        const before = await handledBy(first());
        await until(
          async () => {
            await place();
            return (await handledBy(first())) > before && (await handledBy(second())) > 0;
          },
          { what: 'both instances to handle some' },
        );
        await untilSeen(second(), all);
        // Each event is handled by one of them.
        const { OrderPlaced, OrderDelivered } = all();
        await until(
          async () =>
            (await handledBy(first())) + (await handledBy(second())) === OrderPlaced + OrderDelivered,
        );
      },
    ],
    [
      'kill -9 PID',
      async () => {
        process.kill(first().pid, 'SIGKILL');
        expect(await first().ended).toBe(1);
        expect(first().shown()).toContain('loyalty ended by itself (signal SIGKILL)');
        for (let n = 0; n < 12; n++) await place();
        await untilSeen(second(), all);
      },
    ],

    [
      'npx brew remove consumer loyalty --yes',
      async (command) => {
        const refused = await brew(...command.split(' ').slice(2));
        expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('loyalty still runs') });
        await interrupt(second());
        await succeeds(command);
      },
    ],
    ['git status --short', async () => expect(await status()).toBe('')],

    ['npx brew new consumer prices --events MenuItemChanged --fan-out', succeeds],
    ['npx brew dev prices', startsInstance],
    [
      'npx brew dev prices',
      async () => {
        await startsInstance('npx brew dev prices');
        const [one, two] = instances.slice(2) as [DevInstance, DevInstance];
        for (const instance of [one, two]) await untilSeen(instance, await menu());
        await addToMenu();
        for (const instance of [one, two]) await untilSeen(instance, await menu());
        await interrupt(one);
        // Also when it could not say goodbye, an instance does not outlive its terminal.
        process.kill(-Number(two.child.pid), 'SIGKILL');
        await until(() => !lives(two.pid), { what: 'the second instance to end' });
      },
    ],
    ['npx brew remove consumer prices --yes', succeeds],
  ];

  test('has these steps, in this order', () => {
    expect(commands).toEqual(steps.map(([command]) => command));
  });
  test.each(steps.map(([command, step], index) => [index + 1, command, step] as const))(
    '%i. %s',
    async (_index, command, step) => step(command),
  );
});

async function succeed(...args: string[]) {
  const outcome = await brew(...args);
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  return outcome;
}

async function succeeds(command: string): Promise<void> {
  await succeed(...command.split(' ').slice(2));
}

const instances: DevInstance[] = [];

async function startsInstance(command: string): Promise<void> {
  instances.push(await startDevInstance(command, { dir, checkout: checkout.root }));
}

async function untilSeen({ url }: DevInstance, wanted: () => Record<string, number>): Promise<void> {
  await until(
    async () => {
      const { seen } = (await (await fetch(`${url}/seen`)).json()) as {
        seen: { event: string; keys: number }[];
      };
      const keys = new Map(seen.map((line) => [line.event, line.keys]));
      return Object.entries(wanted()).every(([event, count]) => keys.get(event) === count);
    },
    { what: `${url} to have seen all events` },
  );
}

/** How many events an instance has handled, as its metrics tell. */
async function handledBy({ url }: DevInstance): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counts = [...metrics.matchAll(/^brew_events_total\{.*outcome="handled".*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

const place = () => shop.place({ cafeId: 'cafe-021', items: [{ sku: 'latte', quantity: 1 }] });

/** All items that there are. */
async function menu(): Promise<() => Record<string, number>> {
  const { items } = (await (await fetch(`${shop.url('catalog')}/menu`)).json()) as { items: unknown[] };
  return () => ({ MenuItemChanged: items.length });
}

async function addToMenu(): Promise<void> {
  const item = { name: 'Affogato', category: 'drink', price: { amount: 450, currency: 'EUR' } };
  const response = await fetch(`${shop.url('catalog')}/menu/affogato`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sandbox-staff' },
    body: JSON.stringify({ ...item, preparationSeconds: 60, par: 200 }),
  });
  expect(response.ok).toBe(true);
}
