import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyCheckout } from '@brew/cli/testing';
import { runningSystem, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attachBrew, type Brew } from './brew.ts';
import { brewIn, lives, runIn, spawnBrew } from './cli.ts';
import { commandsOf, runCommand } from './commands.ts';
import { type DevInstance, interrupt, startDevInstance } from './devInstance.ts';
import { SPEED } from './startSystem.ts';

const dir = runningSystem();
let checkout: Awaited<ReturnType<typeof copyCheckout>>;
let shop: Brew;
let kitchen: DevInstance | undefined;
/** `npx brew order` of seven, in a terminal of its own. */
let waiting: { shown: () => string; ended: Promise<number | null>; child: ReturnType<typeof spawnBrew> };
let letter = '';

beforeAll(async () => {
  shop = await attachBrew();
  await shop.behave({});
  // What the lab breaks is a copy, and runs beside the system.
  checkout = await copyCheckout();
});
afterAll(async () => {
  waiting?.child.kill('SIGKILL');
  if (kitchen && lives(kitchen.pid)) process.kill(kitchen.pid, 'SIGKILL');
  // It runs already, unless a step has failed.
  await brewIn(dir)('start', 'kitchen');
  await checkout?.[Symbol.asyncDispose]();
  await shop?.detach();
});

const lab = await readFile(join(import.meta.dirname, '../docs/labs/dead-letters.md'), 'utf8');
const commands = commandsOf(lab).map(({ command }) => command);

/** Runs it as it stands, with the id of the letter in its place. */
const shows =
  (shown: RegExp, code = 0) =>
  async (command: string): Promise<string> => {
    const { ended, output } = await runCommand(command.replace(/ ID$/, ` ${letter}`), {
      dir,
      cwd: checkout.root,
    });
    expect(output).toMatch(shown);
    expect({ ended, output }).toEqual({ ended: code, output });
    return output;
  };

async function startsKitchen(command: string): Promise<void> {
  kitchen = await startDevInstance(command, { dir, checkout: checkout.root, env: { SPEED: String(SPEED) } });
  expect(kitchen.url).toMatch(new RegExp(`:${shop.ports.services.kitchen}$`));
}

// One walk through the lab: each step goes on from what the one before left.
describe('the lab of dead letters', () => {
  const steps: [command: string | RegExp, step: (command: string) => Promise<unknown>][] = [
    ['npm start', async () => expect((await runIn(dir)).processes.length).toBeGreaterThan(5)],
    [/^perl .*onOrderPlaced\.ts$/, shows(/^$/)],
    [/^echo .*onOrderPlaced\.ts$/, shows(/^$/)],
    ['git diff --stat', shows(/onOrderPlaced\.ts \| +\d+ .*1 file changed, 2 insertions.*1 deletion/s)],
    ['npx brew status', shows(/^kitchen +\d+ +\d+ +ready/m)],
    ['npx brew stop kitchen', shows(/^✔ kitchen stopped, after /m)],
    ['npx brew dev kitchen', startsKitchen],
    [
      'npx brew order --item flat-white:7',
      async (command) => {
        const child = spawnBrew(dir, command.split(' ').slice(2));
        let shown = '';
        child.stdout.on('data', (data) => (shown += data));
        const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
        waiting = { child, shown: () => shown, ended };
        await until(() => shown.includes('paid'), { what: 'the order to be paid' });
      },
    ],
    ['npx brew order --item flat-white:2', shows(/delivered/)],
    [
      'npx brew status',
      async (command) => {
        await until(
          () => shop.health('kitchen').then(({ body }) => JSON.stringify(body).includes('1 letter')),
          {
            what: 'the letter',
          },
        );
        const output = await shows(
          /^Dead letters: kitchen 1 \(1 key parked\)\. See them with: npx brew dlq$/m,
        )(command);
        expect(output).toMatch(/^kitchen +\d+ +stopped$/m);
        expect(output).toMatch(/^Another process answers at port \d+ in the place of kitchen, .*: ready\.$/m);
      },
    ],
    ['npx brew dlq', shows(/^kitchen +1 +1 /m)],
    [
      'npx brew dlq list kitchen',
      async (command) => {
        const orderId = /Order (\S+)/.exec(waiting.shown())?.[1];
        const output = await shows(/ failed +OrderPlaced .*No tray holds 7\.$/m)(command);
        letter = new RegExp(`^kitchen/(\\d+) .* ${orderId} `, 'm').exec(output)?.[1] ?? '';
        expect(letter).not.toBe('');
      },
    ],
    ['npx brew dlq show kitchen ID', shows(/ce_id: .*"quantity": 7.*Stack\n.*onOrderPlaced\.ts/s)],
    [
      'npx brew dlq redrive kitchen --all',
      shows(/✖ .*No tray holds 7\..*0 letters redriven, 1 failed again/s, 1),
    ],
    ['git restore services/kitchen', shows(/^$/)],
    [
      'npx brew dev kitchen',
      async (command) => {
        expect(waiting.shown()).not.toMatch(/preparing|cancelled/);
        await interrupt(kitchen as DevInstance);
        await startsKitchen(command);
      },
    ],
    [
      'npx brew dlq redrive kitchen --all --dry-run',
      shows(/OrderPlaced.*Nothing was done: 1 letter would go/s),
    ],
    [
      "npx brew dlq redrive kitchen --all --why 'the tray is mended'",
      async (command) => {
        await shows(/^✔ kitchen: 1 letter redriven, 1 key let go/m)(command);
        expect(await waiting.ended).toBe(0);
        expect(waiting.shown()).toMatch(/preparing.*delivered/s);
      },
    ],
    ['npx brew dlq', shows(/^kitchen +0 +0$/m)],
    ['npx brew dlq log kitchen', shows(/ redrive +all +1 redriven +the tray is mended$/m)],
    ['npx brew verify', shows(/./)],
    [
      'npx brew start kitchen',
      async (command) => {
        await interrupt(kitchen as DevInstance);
        await shows(/^✔ kitchen is ready, after /m)(command);
      },
    ],
    [
      'git status --short',
      async (command) => {
        await shows(/^$/)(command);
      },
    ],
  ];

  test('has these steps, in this order', () => {
    expect(commands).toEqual(
      steps.map(([command]) => (typeof command === 'string' ? command : expect.stringMatching(command))),
    );
  });
  test.each(steps.map(([, step], index) => [index + 1, commands[index] ?? '', step] as const))(
    '%i. %s',
    async (_index, command, step) => {
      await step(command);
    },
  );
});
