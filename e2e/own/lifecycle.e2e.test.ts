import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { copyCheckout } from '@brew/cli/testing';
import { OrderDelivered, uuidv7 } from '@brew/events';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import { defaultPorts } from '@brew/sandbox';
import { temporaryFolder, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { brewIn, lives, runIn } from '../cli.ts';
import { commandsOf, runCommand } from '../commands.ts';
import { publish } from '../publish.ts';

const root = join(import.meta.dirname, '../..');
const CLUSTER_ID = '5nnS6DRtQnKwoMjkkVxxug';

let checkout: Awaited<ReturnType<typeof copyCheckout>>;
let dir: string;
let brew: ReturnType<typeof brewIn>;

beforeAll(async () => {
  checkout = await copyCheckout();
  dir = await temporaryFolder('brew-e2e');
  brew = brewIn(dir, {}, checkout.root);
  // A consumer that is there before the start, so that the system brings it.
  await succeed('new', 'consumer', 'alarm', '--events', 'PaymentFailed');
  await checkout.git('add', '--all');
  const author = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
  await checkout.git(...author, 'commit', '--message', 'Alarm');
});
afterAll(async () => {
  await brew('down', '--yes');
  await rm(dir, { recursive: true, force: true });
  await checkout?.[Symbol.asyncDispose]();
});

async function succeed(...args: string[]) {
  const outcome = await brew(...args);
  expect(outcome).toMatchObject({ code: 0, stderr: '' });
  return outcome;
}

const orderUrl = async () => `http://127.0.0.1:${(await runIn(dir)).ports.services.order}`;

async function statusOf(orderId: string): Promise<string> {
  const response = await fetch(`${await orderUrl()}/orders/${orderId}`);
  return ((await response.json()) as { status: string }).status;
}

async function placeOrder(): Promise<string> {
  const response = await fetch(`${await orderUrl()}/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      cafeId: 'cafe-011',
      items: [{ sku: 'latte', quantity: 1 }],
      customer: { name: 'Grace Hopper', address: '1 Harbour Street' },
    }),
  });
  return ((await response.json()) as { orderId: string }).orderId;
}

/** The last commands of the README are those that end it. */
async function asInReadme(command: string) {
  const commands = commandsOf(await readFile(join(root, 'README.md'), 'utf8')).map((each) => each.command);
  expect(commands).toContain(command);
  return runCommand(command, { dir, cwd: root });
}

async function clusterId(): Promise<string> {
  const log = pino({ level: 'silent' });
  const brokers = (await runIn(dir)).ports.external.map((port) => `127.0.0.1:${port}`);
  await using admin = createAdmin({ client: createKafkaClient({ brokers, clientId: 'e2e', log }), log });
  return (await admin.describeCluster()).clusterId;
}

/** An ended process keeps its id until its parent has heard of it: for an orphan that is the system's first process. */
const untilGone = (pids: number[]) =>
  until(() => pids.filter(lives).length === 0, { what: `no process is left of ${pids}` });

// One system throughout: each step goes on from what the one before left.
describe('a system that is started, stopped and started again', () => {
  let inFlight: string[];
  let pids: number[];
  let npmStart: ChildProcess | undefined;

  test('starts in the background, and says what to do next', async () => {
    // Slow, so that orders stay in flight for as long as the next steps take.
    const { code, stdout, stderr } = await brew('up', '--detach', '--rate', '2', '--speed', '15');

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const step of ['PostgreSQL', 'kafka-1', 'quorum', 'topics', 'schemas', 'analytics', 'simulator']) {
      expect(stdout).toMatch(new RegExp(`${step} +\\d+\\.\\d s`));
    }
    expect(stdout).toContain('npx brew stop');
    expect(await clusterId()).toBe(CLUSTER_ID);
  });

  test('tells a second start that it runs already, and where', async () => {
    const { code, stderr } = await brew('up', '--detach');
    expect(code).toBe(1);
    expect(stderr).toContain(String((await runIn(dir)).pid));
    expect(stderr).toContain(dir);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('lets come first what customers wait for', async () => {
    const { processes } = await runIn(dir);
    const first = processes.filter(({ pid }) => getPriority(pid) < 10).map(({ name }) => name);
    expect(first.sort()).toEqual(['order', 'postgres']);
  });

  const pidOf = async (name: string) => (await runIn(dir)).processes.find((one) => one.name === name)?.pid;
  const status = async () => (await succeed('status')).stdout;

  test('starts a service again that was killed, and status tells', async () => {
    const killed = await pidOf('courier');
    process.kill(killed ?? 0, 'SIGKILL');
    await until(async () => (await status()).includes('courier died, and runs again since '), {
      what: 'courier to run again',
    });
    await until(async () => /courier +\d+ +\d+ +(ready|degraded)/.test(await status()), {
      what: 'status to have an answer of courier',
    });
    expect(await pidOf('courier')).not.toBe(killed);
  });

  test('goes on without a service that was stopped, until it is started', async () => {
    expect((await asInReadme('npx brew stop kitchen')).output).toMatch(/^✔ kitchen stopped, after /m);
    expect(await status()).toMatch(/^kitchen was stopped on purpose.*npx brew start kitchen$/m);
    expect((await fetch(`${await orderUrl()}/health/ready`)).status).toBe(200);
    expect((await asInReadme('npx brew start kitchen')).output).toMatch(/^✔ kitchen is ready, after /m);
    expect((await asInReadme('npx brew restart courier')).output).toMatch(/^✔ courier is ready, after /m);
    expect(await status()).not.toContain('stopped on purpose');
  });

  test('stops with orders in flight, and leaves no process', async () => {
    inFlight = await Promise.all(Array.from({ length: 8 }, placeOrder));
    const run = await runIn(dir);
    pids = [run.pid, ...run.processes.map(({ pid }) => pid)];
    expect(await asInReadme('npx brew stop')).toMatchObject({ ended: 0 });
    await untilGone(pids);
    expect((await brew('status')).code).toBe(3);
  });

  test('names the broker that can not start, with its last words and its log, and stops the rest', async () => {
    const metaFile = join(dir, 'data/kafka-2/meta.properties');
    const meta = await readFile(metaFile, 'utf8');
    await writeFile(metaFile, meta.replace('node.id=2', 'node.id=9'));
    try {
      const { code, stderr } = await brew('up', '--detach');

      expect(code).toBe(1);
      expect(stderr).toMatch(/kafka-2 .*exit/);
      expect(stderr).toMatch(/node id/i);
      expect(stderr).toContain(join(dir, 'logs/kafka-2.log'));
      expect(await readdir(dir)).not.toContain('run.json');
    } finally {
      await writeFile(metaFile, meta);
    }
  });

  test('finds its data again at the next start, and finishes the orders that were in flight', async () => {
    npmStart = spawn('npm', ['start', '--', '--no-simulator', '--speed', '300'], {
      cwd: checkout.root,
      env: { ...process.env, NO_COLOR: '1', BREW_DIR: dir, BREW_PORTS: 'free', BREW_PRIORITIES: 'equal' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let shown = '';
    npmStart.stdout?.on('data', (data) => {
      shown += data;
    });
    await until(() => shown.includes('http://localhost'), { what: 'the addresses' });

    expect(shown).toMatch(/✔ analytics +\d+\.\d s/);
    expect(await clusterId()).toBe(CLUSTER_ID);
    for (const orderId of inFlight) {
      const ended = async () => ['delivered', 'cancelled'].includes(await statusOf(orderId));
      await until(ended, { what: `order ${orderId} ends` });
    }
  });

  test('brings a consumer that was added, and goes on without it when it is removed', async () => {
    const { stdout } = await succeed('status');
    expect(stdout).toMatch(/alarm +\d+ +\d+ +ready/);
    await succeed('remove', 'consumer', 'alarm');
    expect((await runIn(dir)).processes.map(({ name }) => name)).not.toContain('alarm');
    expect(await statusOf(await placeOrder())).toBe('placed');
  });

  test('has a ledger that finds a delivery which nobody made, and shows the order and its events', async () => {
    const { ports } = await runIn(dir);
    const orderId = uuidv7();
    const delivery = { orderId, courierId: 'courier-007', deliveredAt: Date.now() };
    await publish(
      {
        brokers: ports.external.map((port) => `127.0.0.1:${port}`),
        registryUrl: `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`,
      },
      OrderDelivered,
      delivery,
    );

    const { code, stdout } = await brew('verify', '--younger-than', '0');
    expect(stdout).toContain(`✖ cause-before-effect: order ${orderId} has OrderDelivered without Courier`);
    expect(stdout).toMatch(/^ +[\d:.]+ {2}OrderDelivered +brew\.shipments\.v1, partition \d, offset \d+$/m);
    expect(code).toBe(1);
  });

  test('stops all of it when npm gets a SIGTERM', async () => {
    const run = await runIn(dir);
    npmStart?.kill('SIGTERM');
    await once(npmStart as ChildProcess, 'close');

    await untilGone([run.pid, ...run.processes.map(({ pid }) => pid)]);
    expect(await readdir(dir)).not.toContain('run.json');
  });

  test('ends what a supervisor left that was killed', async () => {
    const starting = brew('up', '--detach');
    const run = await until(async () => {
      const found = await runIn(dir);
      return found.processes.some(({ name }) => name === 'kafka-3') && found;
    });
    process.kill(run.pid, 'SIGKILL');
    expect((await starting).code).toBe(1);

    expect((await brew('stop')).code).toBe(0);

    await untilGone(run.processes.map(({ pid }) => pid));
  });

  test('is gone after down', async () => {
    expect(await asInReadme('npx brew down')).toMatchObject({ ended: 0 });
    expect(await readdir(dir)).not.toContain('data');
  });
});

describe('a start that can not succeed says what is wrong and what to do', () => {
  test('a port that is taken: which, and by whom', async () => {
    const blocker = createServer();
    await new Promise<void>((resolve, reject) => {
      blocker.once('error', reject);
      blocker.listen(defaultPorts.postgres, '127.0.0.1', resolve);
    });
    try {
      const { code, stderr } = await brewIn(dir, { BREW_PORTS: '' })('up', '--detach');
      expect(code).toBe(1);
      expect(stderr).toContain(String(defaultPorts.postgres));
      expect(stderr).toContain('PostgreSQL');
      expect(stderr).toContain(String(process.pid));
    } finally {
      blocker.close();
    }
  });

  test.each([
    [['up', '--rate', 'many'], '--rate many is not a number'],
    [['up', '--speed', '-1'], '--speed -1 is not a number'],
    [['upp'], "Unknown command 'upp'. Did you mean up?"],
    [['watch', '--topic', 'tea'], 'There is no topic tea'],
  ])('brew %j', async (args, words) => {
    const { code, stderr } = await brew(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr).not.toMatch(/^ +at /m);
  });

  test('a command that needs a running Brew', async () => {
    const { code, stderr } = await brew('order');
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('npm start') });
  });
});
