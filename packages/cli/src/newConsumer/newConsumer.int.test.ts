import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { MenuItemChanged, OrderDelivered, OrderPlaced, PaymentReceived } from '@brew/events';
import { onlyIf } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { removeConsumer } from '../removeConsumer/removeConsumer.ts';
import { type Checkout, copyCheckout } from '../testing/copyCheckout.ts';
import { plain } from '../text/format.ts';
import { newConsumer } from './newConsumer.ts';
import type { NewConsumerOptions } from './plan.ts';

let checkout: Checkout;
beforeAll(async () => {
  checkout = await copyCheckout();
});
afterAll(async () => {
  await checkout?.[Symbol.asyncDispose]();
});
afterEach(async () => {
  await checkout.git('reset', '--hard', '--quiet');
  await checkout.git('clean', '-d', '--force', '--quiet');
});

let said: string[] = [];
const io = {
  out: async (line: string) => void said.push(line),
  note: () => {},
  paint: plain,
  columns: () => 0,
};

async function make(name: string, options: Partial<NewConsumerOptions> = {}, signal?: AbortSignal) {
  said = [];
  const all = { events: [OrderPlaced, OrderDelivered], from: 'beginning' as const, ...options };
  await newConsumer(name, all, checkout.root, io, signal ?? new AbortController().signal);
}

const remove = (name: string, options: { yes?: boolean } = {}) =>
  removeConsumer(name, options, { root: checkout.root, ports: undefined }, io);

/** What differs from the commit, a file a line. */
const changes = async () => (await checkout.git('status', '--porcelain')).split('\n').filter(Boolean);

/** Runs a program of the checkout; throws what it says when it fails. */
async function run(program: string, ...args: string[]): Promise<void> {
  const { stdout, stderr, failed } = await promisify(execFile)(
    process.execPath,
    ['--experimental-vm-modules', join('node_modules', program), ...args],
    { cwd: checkout.root, maxBuffer: 64 * 1024 ** 2 },
  ).then(
    (output) => ({ ...output, failed: false }),
    (output) => ({ ...output, failed: true }),
  );
  if (failed) throw new Error(`${program} ${args.join(' ')} fails:\n${stdout}\n${stderr}`);
}

const list = 'packages/provision/src/services.ts';
const compose = 'services/compose.yml';

describe('consumers of every kind', () => {
  it('change nothing but the list, pass every check, and do what their tests say', async () => {
    await make('loyalty');
    await make('prices', { events: [MenuItemChanged, OrderPlaced], fanOut: true });
    await make('late-alarm', { events: [PaymentReceived], projection: true, from: 'now' });
    await make('refunds', { events: [OrderPlaced, MenuItemChanged], projection: true });

    expect(await changes()).toEqual([
      ` M ${list}`,
      ` M ${compose}`,
      '?? services/late-alarm/',
      '?? services/loyalty/',
      '?? services/prices/',
      '?? services/refunds/',
    ]);
    // The line of the empty list became those of the full one.
    expect(await checkout.git('diff', '--numstat', list)).toBe(`6\t1\t${list}\n`);

    // All four in one go. The linter looks at a file and what it imports; a type that is made of the list may be anybody's.
    const folders = ['loyalty', 'prices', 'late-alarm', 'refunds'].map((name) => `services/${name}`);
    await run('@biomejs/biome/bin/biome', 'ci', list, ...folders);
    await run('typescript/bin/tsc', '--noEmit', '-p', '.');
    await run('knip/bin/knip.js');
    const tests = ['--testPathPatterns', `(${folders.join('|')})/`];
    await run('jest/bin/jest.js', '--selectProjects', 'integration', '--runInBand', ...tests);
  });
});

// Compose alone, without an engine, is enough to say what it makes of its files.
const docker = (...args: string[]) => promisify(execFile)('docker', args, { cwd: checkout?.root });
const whyNot = await docker('compose', 'version').then(
  () => undefined,
  () => 'there is no Docker Compose',
);

onlyIf(whyNot, it)('a consumer is a container beside the others, with its port on the host', async () => {
  await make('loyalty');
  const { stdout } = await docker('compose', 'config', '--format', 'json');
  const { services } = JSON.parse(stdout);
  expect(services.loyalty).toMatchObject({
    image: services.courier.image,
    mem_limit: services.courier.mem_limit,
    depends_on: services.courier.depends_on,
    working_dir: '/brew/services/loyalty',
    environment: { PORT: '3006', KAFKA_BROKERS: services.courier.environment.KAFKA_BROKERS },
  });
  expect(services.consumers).toMatchObject({
    image: services.gateway.image,
    environment: { ROUTES: '3006=loyalty:3006' },
    ports: [{ host_ip: '127.0.0.1', published: '3006', target: 3006 }],
  });
  expect(Object.keys(services.consumers.depends_on)).toEqual(['loyalty']);
});

describe('brew new consumer', () => {
  it('only says what it would write, when asked to', async () => {
    await make('loyalty', { dryRun: true });
    expect(await changes()).toEqual([]);
    expect(said).toContain('· services/loyalty/src/consumers/onOrderDelivered.ts');
    expect(said).toContain(`· ${list}: loyalty, on port 3006`);
    expect(said.at(-1)).toBe('Nothing was written.');
  });

  it('leaves nothing behind when it can not write everything, or is interrupted', async () => {
    await expect(make('loyalty', {}, AbortSignal.abort(new Error('Ctrl-C')))).rejects.toThrow('Ctrl-C');
    expect(await changes()).toEqual([]);

    await rm(join(checkout.root, compose));
    await mkdir(join(checkout.root, compose));
    await expect(make('loyalty')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(await changes()).toEqual([` D ${compose}`]);
  });

  it('takes no name that is taken, also by a folder alone', async () => {
    await make('loyalty');
    const before = await changes();
    await expect(make('loyalty')).rejects.toThrow('There is a service loyalty already. Take another name');
    await mkdir(join(checkout.root, 'services/alarm'));
    await expect(make('alarm')).rejects.toThrow('There is a folder services/alarm already. Take another');
    expect(await changes()).toEqual(before);
  });
});

describe('brew remove consumer', () => {
  it('leaves the checkout as it was before the consumer, and the others as they are', async () => {
    const long = 'a-name-for-which-a-line-is-too-short';
    await make(long);
    const before = await checkout.git('diff');
    await make('loyalty');
    await remove('loyalty', { yes: true });
    expect(await checkout.git('diff')).toBe(before);
    await remove(long, { yes: true });
    expect(await changes()).toEqual([]);
  });

  it('removes what is in a commit without being told twice, and nothing else', async () => {
    await make('loyalty');
    await expect(remove('loyalty')).rejects.toThrow(
      /Lost would be 10 files of services\/loyalty that are in no commit\. Add --yes/,
    );
    expect(await changes()).toContain('?? services/loyalty/');

    await checkout.git('add', '--all');
    await checkout.git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '-qm', 'Loyalty');
    expect(await remove('loyalty')).toBe(true);
    expect(await checkout.git('status', '--porcelain', 'services')).not.toMatch(/^\?\?/m);
    await checkout.git('reset', '--hard', '--quiet', 'HEAD~1');
  });

  it.each([
    ['order', /^order is one of the services that Brew is made of\. Only what/],
    ['loyalti', /^There is no consumer loyalti\. Did you mean loyalty\?$/],
    ['tea', /^There is no consumer tea\. There are: loyalty\.$/],
  ])('refuses %s', async (name, message) => {
    await make('loyalty');
    const before = await changes();
    await expect(remove(name, { yes: true })).rejects.toThrow(message);
    expect(await changes()).toEqual(before);
  });
});
