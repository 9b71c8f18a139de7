import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { controlRun, defaultDir, defaultPorts, type KafkaMode, kafkaNodes } from '@brew/sandbox';
import { DrillRefusedError } from '../../errors.ts';
import { composeOf } from './compose.ts';
import type { Nodes } from './nodes.ts';

const guardFile = fileURLToPath(new URL('./composeGuard.ts', import.meta.url));

/**
 * The nodes of docker compose.
 * @param kafka in which of the two modes it was started
 * @param docker the program
 * @param dir where a drill that is under way is known by
 * @throws DrillRefusedError: there is no docker, it does not answer, or a node does not run; ControlRefusedError: another drill has
 *   hold of them
 */
export async function composeNodes(kafka: KafkaMode, docker = 'docker', dir = defaultDir): Promise<Nodes> {
  const compose = composeOf(kafka, docker);
  const all = kafkaNodes(defaultDir, defaultPorts, kafka);
  const names = all.map(({ name }) => name);
  const [{ project } = { project: '' }] = await compose.containers();
  const guarded = join(dir, 'drills', project);
  const guard = await startGuard([guarded, kafka, docker, ...names]);
  // First, so that what another drill has ended is not taken for dead.
  const control = await controlRun(guarded);
  const release = async () => {
    await control[Symbol.asyncDispose]();
    guard.stdin.end();
  };
  try {
    const containers = await compose.containers();
    const dead = names.filter(
      (name) => !containers.some(({ service, running }) => service === name && running),
    );
    if (dead.length > 0) {
      throw new DrillRefusedError(
        `${dead.join(' and ')} ${dead.length === 1 ? 'is' : 'are'} down already. A drill begins on a cluster that is whole: ${compose.starting(dead)}`,
      );
    }
  } catch (error) {
    await release();
    throw error;
  }
  return {
    kafka,
    all,
    kill: (name) => control.kill(name, 'SIGKILL'),
    stop: (name) => control.kill(name, 'SIGTERM'),
    start: (name) => control.start(name),
    ifKilled: (ended) =>
      `If this drill is killed itself, what it has ended is started again. By hand: ${compose.starting(ended)}`,
    [Symbol.asyncDispose]: release,
  };
}

/** Resolves when it listens, or has ended since another one does. */
async function startGuard(args: readonly string[]): Promise<{ stdin: Writable }> {
  const guard = spawn(process.execPath, [guardFile, ...args], {
    // Not in our group: what ends that is to leave it alone.
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  guard.stdin.on('error', () => {}); // it has ended already
  await Promise.race([once(guard.stdout, 'data'), once(guard, 'close')]);
  return guard;
}
