import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningSystem, until } from '@brew/sandbox/testing';
import { describe, expect, test } from '@jest/globals';
import { brewIn, lives, runIn } from './cli.ts';
import { rehearseDrills } from './drills.ts';

const dir = runningSystem();
const brew = brewIn(dir);

describe('drills in combined mode', () => {
  rehearseDrills('combined');

  // How nodes are ended and started is the same in both modes, and so is asking.
  test('a drill that is killed itself leaves no hole, and lets nobody else in meanwhile', async () => {
    const deaths = async () =>
      (await brew('logs', 'supervisor', '-n', '1000')).stdout.split('ended by itself').length;
    const before = await deaths();
    const pidOf = async (name: string) =>
      (await runIn(dir)).processes.find((each) => each.name === name)?.pid;
    const drill = spawn(
      join(import.meta.dirname, '../packages/cli/bin/brew.mjs'),
      ['drill', 'broker', '--yes', '--json'],
      {
        env: { ...process.env, BREW_DIR: dir },
        stdio: ['ignore', 'pipe', 'ignore'],
        detached: true, // a group of its own: the program runs below a launcher
      },
    );
    let output = '';
    drill.stdout.on('data', (data) => (output += data));
    const killed = await until(() => /"text":"(kafka-\d) killed/.exec(output)?.[1], { what: 'the kill' });
    expect(await pidOf(killed)).toBeUndefined();
    expect(await brew('drill', 'broker', '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/down already|A drill is under way/),
    });
    process.kill(-(drill.pid ?? 0), 'SIGKILL');
    await until(async () => lives((await pidOf(killed)) ?? 0), { what: `${killed} to run again` });
    expect(await deaths()).toBe(before);
    // Only asked on a cluster that is whole.
    const mayBegin = async () => (await brew('drill', 'broker')).code === 2;
    await until(mayBegin, { what: 'a cluster that is whole' });
  });

  test('asks before it breaks anything', async () => {
    const { code, stdout, stderr } = await brew('drill', 'broker');
    expect(code).toBe(2);
    expect(stdout).toContain('is killed with SIGKILL');
    expect(stderr).toContain('--yes');
    expect((await brew('status', '--json')).stdout).not.toMatch(/"(dead|stopped)"/);
  });
});

test('a drill without a Brew says that nothing runs', async () => {
  const nowhere = await mkdtemp(join(tmpdir(), 'brew-e2e-'));
  expect(await brewIn(nowhere)('drill', 'broker', '--yes')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('npm start'),
  });
  await rm(nowhere, { recursive: true, force: true });
});
