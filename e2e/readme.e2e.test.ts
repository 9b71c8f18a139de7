import { execFileSync } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runningSystem } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { attachBrew, type Brew } from './brew.ts';
import { commandsOf, isEndless, runCommand } from './commands.ts';

const root = join(import.meta.dirname, '..');
const commandsIn = async (file: string) => commandsOf(await readFile(join(root, file), 'utf8'));

const dir = runningSystem();
let brew: Brew;
let customers: Promise<void>;
let noMore = false;
beforeAll(async () => {
  brew = await attachBrew();
  await brew.behave({});
  customers = keepOrdering();
});
afterAll(async () => {
  noMore = true;
  await customers;
  await brew?.detach();
});

/** Somebody comes all the time, as where the reader has typed `npm start`, and one of them changes their mind. */
async function keepOrdering(): Promise<void> {
  for (let n = 0; !noMore; n++) {
    const order = { cafeId: `cafe-0${30 + (n % 40)}`, items: [{ sku: 'latte', quantity: 1 }] };
    const { status, body } = await brew.tryToPlace(order);
    if (status === 201 && n === 0) await brew.cancel(body.orderId);
    await delay(2_000);
  }
}

const labCommands = await commandsIn('docs/labs/evolve-an-event.md');

describe('the commands of docs/labs/evolve-an-event.md', () => {
  let checkout: string;

  beforeAll(async () => {
    checkout = await mkdtemp(join(tmpdir(), 'brew-lab-'));
    // What the lab changes is a copy, and what it restores is restored from a repository of its own.
    await cp(join(root, 'packages/events'), join(checkout, 'packages/events'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    for (const name of ['docs', 'node_modules']) await symlink(join(root, name), join(checkout, name));
    const author = ['-c', 'user.name=lab', '-c', 'user.email=lab@localhost'];
    for (const args of [
      ['init', '-q'],
      ['add', 'packages/events/schemas'],
      [...author, 'commit', '-qm', 'lab'],
    ]) {
      execFileSync('git', args, { cwd: checkout });
    }
  });
  afterAll(() => rm(checkout, { recursive: true, force: true }));

  test.each(labCommands)('$command', async ({ command, shown }) => {
    const { ended, output } = await runCommand(command, { dir, cwd: checkout });
    for (const line of shown) expect(output).toContain(line);
    // Differences and refusals are what the lab is about.
    const isNo = command.startsWith('diff') || /checkCompatibility|refuses/.test(command + shown);
    expect(ended).toBe(isEndless(command) ? 'SIGINT' : isNo ? 1 : 0);
  });
});

const replayCommands = await commandsIn('docs/labs/replay.md');

describe('the commands of docs/labs/replay.md', () => {
  /** In their order: with which code each ends, and what it shows among other things. */
  const steps: [command: string, code: number, shown: RegExp][] = [
    ['npx brew order', 0, /delivered/],
    ['curl -s http://localhost:3005/reports/funnel', 0, /"delivered":[1-9]/],
    [
      'npx brew replay analytics --dry-run',
      0,
      /^Rebuilding .* from [\d,]+ records in 30 partitions.*\n✔ Nothing/m,
    ],
    ['npx brew replay analytics --verbose', 0, /brew\.orders\.v1\/0 .*✔ sales .* all alike.*✔ Live are now/s],
    [
      'curl -s http://localhost:3005/generations',
      0,
      /"state":"old",[^{}]*"schema":"sales_g1".*"state":"live",[^{}]*"schema":"sales_g2"/,
    ],
    ['npx node docs/labs/miscount.ts', 0, /counts one order too many/],
    ['npx brew replay check analytics', 1, /✖ sales .* 1 of .* differ.*live {5}\{.*rebuilt {2}\{/s],
    ['npx brew replay analytics --projection sales', 1, /✖ sales .* 1 of .* differ.*not switched/s],
    ['npx brew replay analytics --resume --yes', 0, /✔ Live are now sales_g/],
    ['npx brew replay check analytics', 0, /✔ sales .* all alike.*✔ top_drinks .* all alike/s],
    ['npx brew replay analytics --until now', 0, /✔ Built .*, and kept/],
    ['npx brew replay analytics --resume', 0, /✔ Live are now/],
    ['npx brew replay analytics --prune --yes', 0, /✔ Removed .*sales_g1/],
  ];
  const commands = replayCommands.filter(({ command }) => !command.startsWith('npm '));

  test('are what this test knows how to run', () => {
    expect(commands.map(({ command }) => command)).toEqual(steps.map(([command]) => command));
  });
  test.each(steps)('%s', async (command, code, shown) => {
    const { ended, output } = await runCommand(command, { dir, cwd: root });
    expect(output).toMatch(shown);
    expect(ended).toBe(code);
  });
});

// Those for Docker are what docker.compose.test.ts does, drills are for drills.e2e.test.ts, and what ends it is for lifecycle.e2e.test.ts.
const commands = (await commandsIn('README.md'))
  .map(({ command }) => command)
  .filter((command) => !/^(docker compose|npx brew (drill|stop|start|restart|down))/.test(command));

describe('the commands of the README', () => {
  test('are what this test knows how to run', () => {
    expect(commands.filter((command) => !/^(npx brew|curl|npm start$|npm test$)/.test(command))).toEqual([]);
    expect(commands.length).toBeGreaterThan(10);
  });

  test.each(commands.filter((command) => !command.startsWith('npm ')))('%s', async (command) => {
    const { ended, output } = await runCommand(command, { dir, cwd: root });
    expect(output).toMatch(/\S/);
    // With what it said, which tells why it ended otherwise.
    expect({ ended, output }).toEqual({ ended: isEndless(command) ? 'SIGINT' : 0, output });
    // curl is content with any answer; a reader is not.
    if (command.startsWith('curl')) expect(JSON.parse(output)).not.toHaveProperty('code');
  });
});
