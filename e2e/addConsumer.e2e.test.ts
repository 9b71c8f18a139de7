import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyCheckout } from '@brew/cli/testing';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { brewIn, lives, runIn, spawnBrew } from './cli.ts';

let checkout: Awaited<ReturnType<typeof copyCheckout>>;
let dir: string;
let brew: ReturnType<typeof brewIn>;

beforeAll(async () => {
  checkout = await copyCheckout();
  dir = await mkdtemp(join(tmpdir(), 'brew-e2e-'));
  brew = brewIn(dir, {}, checkout.root);
  // One that is there before the start, so that the system brings it.
  await succeed('new', 'consumer', 'alarm', '--events', 'PaymentFailed');
  await commit('Alarm');
  // Every payment comes: an order whose payment is declined ends cancelled.
  brew = brewIn(dir, { DECLINE_RATE: '0', LATE_RATE: '0', SILENT_RATE: '0' }, checkout.root);
  await succeed('up', '--detach', '--no-simulator', '--speed', '300');
});
afterAll(async () => {
  for (const { pid } of instances) if (lives(pid)) process.kill(pid, 'SIGKILL');
  await brew('down', '--yes');
  await rm(dir, { recursive: true, force: true });
  await checkout?.[Symbol.asyncDispose]();
});

/** The lines of the lab's `sh` blocks, in their order. */
const lab = await readFile(join(import.meta.dirname, '../docs/labs/add-a-consumer.md'), 'utf8');
const commands = [...lab.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, block = '']) =>
  block.split('\n').filter(Boolean),
);

// One walk through the lab: each step goes on from what the one before left.
describe('the lab that adds a consumer', () => {
  let orders = 0;
  const placed = async () => {
    await succeed('order');
    orders++;
  };
  const status = () => checkout.git('status', '--short');
  const [first, second] = [() => instances[0] as Instance, () => instances[1] as Instance];

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
    [
      'curl -s localhost:3006/seen',
      () => untilSeen(first(), { OrderPlaced: orders, OrderDelivered: orders }),
    ],
    ['npx brew order', placed],
    [
      'curl -s localhost:3006/seen',
      () => untilSeen(first(), { OrderPlaced: orders, OrderDelivered: orders }),
    ],

    ['npx brew dev loyalty', startsInstance],
    [
      'curl -s localhost:3006/metrics | grep brew_events_total',
      async () => {
        const before = await handledBy(first());
        await until(
          async () => {
            await place();
            orders++;
            return (await handledBy(first())) > before && (await handledBy(second())) > 0;
          },
          { what: 'both instances to handle some' },
        );
        await untilSeen(second(), { OrderPlaced: orders, OrderDelivered: orders });
        // Each event is handled by one of them.
        await until(async () => (await handledBy(first())) + (await handledBy(second())) === 2 * orders);
      },
    ],
    [
      'kill -9 PID',
      async () => {
        process.kill(first().pid, 'SIGKILL');
        expect(await first().ended).toBe(1);
        expect(first().shown()).toContain('loyalty ended by itself (signal SIGKILL)');
        for (let n = 0; n < 12; n++) await place();
        orders += 12;
        await untilSeen(second(), { OrderPlaced: orders, OrderDelivered: orders });
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
        const [one, two] = instances.slice(2) as [Instance, Instance];
        for (const instance of [one, two]) await untilSeen(instance, { MenuItemChanged: await menuItems() });
        await addToMenu();
        for (const instance of [one, two]) await untilSeen(instance, { MenuItemChanged: await menuItems() });
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

test('a consumer that the system itself runs is ended when it is removed, and the system goes on', async () => {
  const { stdout } = await succeed('status');
  expect(stdout).toMatch(/alarm +\d+ +\d+ +ready/);
  await succeed('remove', 'consumer', 'alarm');
  expect((await runIn(dir)).processes.map(({ name }) => name)).not.toContain('alarm');
  await succeed('order');
});

async function succeed(...args: string[]) {
  const outcome = await brew(...args);
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  return outcome;
}

async function succeeds(command: string): Promise<void> {
  await succeed(...command.split(' ').slice(2));
}

const commit = async (message: string) => {
  await checkout.git('add', '--all');
  await checkout.git(
    '-c',
    'user.name=test',
    '-c',
    'user.email=test@localhost',
    'commit',
    '--message',
    message,
  );
};

/** One `npx brew dev` in a terminal of its own. */
interface Instance {
  child: ReturnType<typeof spawnBrew>;
  /** Of the service. */
  pid: number;
  url: string;
  shown(): string;
  /** The exit code. */
  ended: Promise<number | null>;
}
const instances: Instance[] = [];

async function startsInstance(command: string): Promise<void> {
  const child = spawnBrew(dir, command.split(' ').slice(2), { checkout: checkout.root, detached: true });
  let shown = '';
  for (const output of [child.stdout, child.stderr]) output.on('data', (data) => (shown += data));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const found = (pattern: RegExp) =>
    until(() => pattern.exec(shown)?.[1], { what: `${pattern} in ${shown}` });
  const pid = Number(await found(/process (\d+)/));
  const url = await found(/listening .*"(http:[^"]+)"/);
  instances.push({ child, pid, url, shown: () => shown, ended });
}

/** As a terminal does it on Ctrl-C: the whole group gets it. */
async function interrupt({ child, pid, ended }: Instance): Promise<void> {
  process.kill(-Number(child.pid), 'SIGINT');
  expect(await ended).toBe(0);
  expect(lives(pid)).toBe(false);
}

async function untilSeen({ url }: Instance, wanted: Record<string, number>): Promise<void> {
  await until(
    async () => {
      const { seen } = (await (await fetch(`${url}/seen`)).json()) as {
        seen: { event: string; keys: number }[];
      };
      const keys = new Map(seen.map((line) => [line.event, line.keys]));
      return Object.entries(wanted).every(([event, count]) => keys.get(event) === count);
    },
    { what: `${url} to have seen ${JSON.stringify(wanted)}` },
  );
}

/** How many events an instance has handled, as its metrics tell. */
async function handledBy({ url }: Instance): Promise<number> {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  const counts = [...metrics.matchAll(/^brew_events_total\{.*outcome="handled".*\} (\d+)$/gm)];
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}

const urlOf = async (name: 'order' | 'catalog') =>
  `http://127.0.0.1:${(await runIn(dir)).ports.services[name]}`;

async function place(): Promise<void> {
  const response = await fetch(`${await urlOf('order')}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      cafeId: 'cafe-011',
      items: [{ sku: 'latte', quantity: 1 }],
      customer: { name: 'Grace Hopper', address: '1 Harbour Street' },
    }),
  });
  expect(response.status).toBe(201);
}

async function menuItems(): Promise<number> {
  const { items } = (await (await fetch(`${await urlOf('catalog')}/menu`)).json()) as { items: unknown[] };
  return items.length;
}

async function addToMenu(): Promise<void> {
  const item = { name: 'Affogato', category: 'drink', price: { amount: 450, currency: 'EUR' } };
  const response = await fetch(`${await urlOf('catalog')}/menu/affogato`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json', authorization: 'Bearer sandbox-staff' },
    body: JSON.stringify({ ...item, preparationSeconds: 60, par: 200 }),
  });
  expect(response.ok).toBe(true);
}
