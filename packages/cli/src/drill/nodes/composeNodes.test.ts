import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { composeNodes } from './composeNodes.ts';

// What is asked of docker: whether it does it is shown by the tests of the whole system in containers, where there is an engine.

let folder: string;
let docker: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-docker-'));
  docker = join(folder, 'docker');
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => rm(join(folder, 'asked'), { force: true }));

/** Makes a docker on which these services run. */
async function makeDocker(running: readonly string[], { fails = false } = {}): Promise<void> {
  const script = `#!/bin/sh
echo "$*" >> '${join(folder, 'asked')}'
case "$*" in *' ps '*) printf '%s\\n' ${running.join(' ')} ;; esac
${fails ? 'echo "Cannot connect to the Docker daemon." >&2; exit 1' : ''}
`;
  await writeFile(docker, script);
  await chmod(docker, 0o755);
}
const asked = async () =>
  (await readFile(join(folder, 'asked'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => line.replace(/^compose (-f \S+ )+/, ''));

describe('nodes in containers', () => {
  it('are killed, stopped in order, and started again', async () => {
    await makeDocker(['kafka-1', 'kafka-2', 'kafka-3', 'postgres']);
    await using nodes = await composeNodes('combined', docker);
    expect(nodes.all.map(({ name }) => name)).toEqual(['kafka-1', 'kafka-2', 'kafka-3']);
    await nodes.kill('kafka-2');
    await nodes.start('kafka-2');
    await nodes.stop('kafka-3');
    expect((await asked()).slice(1)).toEqual([
      'kill --signal SIGKILL kafka-2',
      'start kafka-2',
      'stop --timeout 30 kafka-3',
    ]);
    expect(nodes.ifKilled(['kafka-2', 'kafka-3'])).toContain('docker compose start kafka-2 kafka-3');
  });

  it('are six with dedicated controllers, which are an override of their own', async () => {
    const names = [1, 2, 3].flatMap((n) => [`controller-${n}`, `kafka-${n}`]);
    await makeDocker(names);
    await using nodes = await composeNodes('dedicated', docker);
    expect(nodes.all.map(({ name }) => name).sort()).toEqual(names.sort());
    expect(await readFile(join(folder, 'asked'), 'utf8')).toContain(
      'infra/kafka/dedicated/docker-compose.yml',
    );
    const command = nodes.ifKilled(['controller-1']);
    expect(command).toMatch(/docker compose -f docker-compose.yml -f \S+ start controller-1/);
  });

  it('are all there, or the drill does not begin', async () => {
    await makeDocker(['kafka-1', 'kafka-3']);
    await expect(composeNodes('combined', docker)).rejects.toMatchObject({
      code: 'BREW_DRILL_REFUSED',
      message: expect.stringMatching(/^kafka-2 is down already.*docker compose start kafka-2$/),
    });
  });

  it('say in the words of docker what it does not do', async () => {
    await makeDocker([], { fails: true });
    await expect(composeNodes('combined', docker)).rejects.toThrow('Cannot connect to the Docker daemon.');
  });
});
