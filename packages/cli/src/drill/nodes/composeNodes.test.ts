import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KafkaMode } from '@brew/sandbox';
import { until } from '@brew/sandbox/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { composeNodes } from './composeNodes.ts';

// What is asked of docker: whether it does it is shown by the tests of the whole system in containers, where there is an engine.

let folder: string;
let docker: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-docker-'));
  docker = join(folder, 'docker');
});
afterEach(() => rm(folder, { recursive: true }));

const nodesOf = (kafka: KafkaMode) => composeNodes(kafka, docker, folder);

/** Makes a docker on which these services run. */
async function makeDocker(running: readonly string[], { fails = false } = {}): Promise<void> {
  const lines = running.map((Service) => JSON.stringify({ Project: 'brew', Service, State: 'running' }));
  const script = `#!/bin/sh
echo "$*" >> '${join(folder, 'asked')}'
case "$*" in *' ps '*) printf '%s\\n' ${lines.map((line) => `'${line}'`).join(' ')} ;; esac
${fails ? 'echo "Cannot connect to the Docker daemon." >&2; exit 1' : ''}
`;
  await writeFile(docker, script);
  await chmod(docker, 0o755);
}
/** What it was told to do. */
const told = async () =>
  (await readFile(join(folder, 'asked'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.replace(/^compose (-f \S+ )+/, ''))
    .filter((line) => !line.startsWith('ps '));
const combined = ['kafka-1', 'kafka-2', 'kafka-3'];

describe('nodes in containers', () => {
  it('are killed, stopped in order, and started again', async () => {
    await makeDocker([...combined, 'postgres']);
    await using nodes = await nodesOf('combined');
    expect(nodes.all.map(({ name }) => name)).toEqual(combined);
    await nodes.kill('kafka-2');
    await nodes.start('kafka-2');
    await nodes.stop('kafka-3');
    expect(await told()).toEqual([
      'kill --signal SIGKILL kafka-2',
      'start kafka-2',
      'stop --timeout 30 kafka-3',
    ]);
    expect(nodes.ifKilled(['kafka-2', 'kafka-3'])).toContain('docker compose start kafka-2 kafka-3');
  });

  it('are six with dedicated controllers, which are an override of their own', async () => {
    const names = [1, 2, 3].flatMap((n) => [`controller-${n}`, `kafka-${n}`]);
    await makeDocker(names);
    await using nodes = await nodesOf('dedicated');
    expect(nodes.all.map(({ name }) => name)).toEqual(names.sort());
    expect(await readFile(join(folder, 'asked'), 'utf8')).toContain(
      'infra/kafka/dedicated/docker-compose.yml',
    );
    const command = nodes.ifKilled(['controller-1']);
    expect(command).toMatch(/docker compose -f docker-compose.yml -f \S+ start controller-1/);
  });

  it('are all there, or the drill does not begin', async () => {
    await makeDocker(['kafka-1', 'kafka-3']);
    await expect(nodesOf('combined')).rejects.toMatchObject({
      code: 'BREW_DRILL_REFUSED',
      message: expect.stringMatching(/^kafka-2 is down already.*docker compose start kafka-2$/),
    });
  });

  it('say in the words of docker what it does not do', async () => {
    await makeDocker([], { fails: true });
    await expect(nodesOf('combined')).rejects.toThrow('Cannot connect to the Docker daemon.');
  });

  it('are for one drill at a time', async () => {
    await makeDocker(combined);
    const first = await nodesOf('combined');
    await expect(nodesOf('combined')).rejects.toThrow('A drill is under way');
    await first[Symbol.asyncDispose]();
    await using second = await until(() => nodesOf('combined').catch(() => undefined), {
      what: 'the next one',
    });
    await second.kill('kafka-1');
  });

  it('are started again when the drill is killed, and whoever shares its fate', async () => {
    await makeDocker(combined);
    const program = `
      const { composeNodes } = await import('${new URL('./composeNodes.ts', import.meta.url)}');
      const nodes = await composeNodes('combined', '${docker}', '${folder}');
      await nodes.kill('kafka-2');
      console.log('killed');
      await new Promise(() => {});`;
    const args = ['--input-type=module', '--eval', program];
    const drill = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true });
    await new Promise((resolve) => drill.stdout.once('data', resolve));
    process.kill(-Number(drill.pid), 'SIGKILL');
    await until(async () => (await told()).at(-1) === 'start kafka-2', { what: 'kafka-2 to be started' });
    expect(await told()).toEqual(['kill --signal SIGKILL kafka-2', 'start kafka-2']);
  });
});
