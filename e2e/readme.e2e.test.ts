import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPorts } from '@brew/sandbox';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { brewIn, runIn } from './cli.ts';

jest.setTimeout(180_000);

const root = join(import.meta.dirname, '..');
const readme = await readFile(join(root, 'README.md'), 'utf8');

/** The lines of the README's `sh` blocks, without their comments. Those for Docker are what docker.compose.test.ts does. */
const commands = [...readme.matchAll(/^```sh\n(.*?)^```/gms)]
  .flatMap(([, block = '']) => block.split('\n'))
  .map((line) => line.replace(/ +#.*$/, ''))
  .filter((command) => command !== '' && !command.startsWith('docker compose'));

/** Goes on until it is interrupted, so that is what a reader does. */
const isEndless = (command: string) => command.startsWith('npx brew watch');

describe('the commands of the README', () => {
  let dir: string;

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'brew-e2e-'));
    // As `npm start` does it, but in the background, to have the terminal for the other commands. Every payment comes:
    // an order whose payment is declined ends cancelled, and `brew order` with exit code 1, as it should.
    const brew = brewIn(dir, { DECLINE_RATE: '0', LATE_RATE: '0', SILENT_RATE: '0' });
    const { code, stderr } = await brew('up', '--detach', '--rate', '5', '--speed', '300');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
  afterAll(async () => {
    await brewIn(dir)('down', '--yes');
    await rm(dir, { recursive: true, force: true });
  });

  test('are what this test knows how to run', () => {
    expect(commands.filter((command) => !/^(npx brew|curl|npm start$|npm test$)/.test(command))).toEqual([]);
    expect(commands.length).toBeGreaterThan(10);
  });

  test.each(commands.filter((command) => !command.startsWith('npm ')))('%s', async (command) => {
    const onOurPorts = await withPortsOf(dir, command);
    const { ended, stdout } = await shell(dir, onOurPorts, isEndless(command));
    expect(stdout).toMatch(/\S/);
    expect(ended).toBe(isEndless(command) ? 'SIGINT' : 0);
    // curl is content with any answer; a reader is not.
    if (command.startsWith('curl')) expect(JSON.parse(stdout)).not.toHaveProperty('code');
  });
});

/** The README names the default ports; this Brew has others, so that it can run beside another one. */
async function withPortsOf(dir: string, command: string): Promise<string> {
  if (!command.startsWith('curl')) return command;
  const { services } = (await runIn(dir)).ports;
  const names = Object.entries(defaultPorts.services);
  return command.replace(/localhost:(\d+)/, (address, port) => {
    const [name] = names.find(([, known]) => known === Number(port)) ?? [];
    return name ? `localhost:${services[name]}` : address;
  });
}

/** Resolves with the exit code, or the signal that ended it. */
async function shell(dir: string, command: string, endless: boolean) {
  const child = spawn('sh', ['-c', `exec ${command}`], {
    cwd: root,
    env: { ...process.env, NO_COLOR: '1', BREW_DIR: dir, BREW_PORTS: 'free' },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, so that it can be interrupted as a terminal does it: npx and what it started alike.
    detached: true,
  });
  const interrupt = () => process.kill(-Number(child.pid), 'SIGINT');
  if (endless) child.stdout.once('data', interrupt);
  let stdout = '';
  child.stdout.on('data', (data) => {
    stdout += data;
  });
  const [code, signal] = await once(child, 'close');
  return { ended: code ?? signal, stdout };
}
