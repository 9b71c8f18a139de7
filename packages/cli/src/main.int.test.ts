import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultPorts } from '@brew/sandbox';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const bin = fileURLToPath(new URL('../bin/brew.mjs', import.meta.url));

let dir: string;
let occupier: Server;
const port = defaultPorts.services.analytics;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brew-cli-'));
  occupier = createServer();
  // If somebody else has it already, it is taken just the same.
  await new Promise<void>((resolve) =>
    occupier.once('error', () => resolve()).listen(port, '127.0.0.1', resolve),
  );
});
afterAll(async () => {
  occupier.close();
  await rm(dir, { recursive: true, force: true });
});

function brew(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const env = { ...process.env, BREW_DIR: dir, BREW_PORTS: '' };
    const child = execFile(process.execPath, [bin, ...args], { env }, (_error, stdout, stderr) => {
      resolve({ code: child.exitCode ?? -1, stdout, stderr });
    });
  });
}

describe('brew', () => {
  it('says who has a port that it needs, and starts nothing', async () => {
    const { code, stderr } = await brew('up');
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(`^brew: .*Port ${port}, needed for the analytics service, is taken`, 's'),
    );
    expect(stderr).not.toContain('    at ');
    expect((await brew('status')).code).toBe(3);
  });

  it('says so also of a start in the background, and keeps it in a log', async () => {
    const { code, stderr } = await brew('up', '--detach');
    expect(code).toBe(1);
    expect(stderr).toContain(`Port ${port}`);
    expect(await readFile(join(dir, 'logs/supervisor.log'), 'utf8')).toContain(`Port ${port}`);
    expect((await brew('logs', 'supervisor')).stdout).toContain(`Port ${port}`);
  });

  it('removes data without asking when nobody could answer', async () => {
    const { code, stdout } = await brew('down');
    expect([code, stdout]).toEqual([0, expect.stringContaining('is removed')]);
    expect((await brew('logs')).stderr).toContain('There are no logs');
  });

  it('has nothing to stop when nothing runs', async () => {
    expect(await brew('stop')).toMatchObject({ code: 0, stdout: `Brew is not running in ${dir}.\n` });
  });
});
