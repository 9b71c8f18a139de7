import { controlRun, findRun, kafkaNodes, type Run } from '@brew/sandbox';
import { DrillRefusedError } from '../../errors.ts';
import type { Nodes } from './nodes.ts';

/**
 * The nodes of a run, which is asked to end and start them.
 * @throws DrillRefusedError; ControlRefusedError: another drill has hold of them
 */
export async function sandboxNodes(run: Run): Promise<Nodes> {
  if (!run.alive)
    throw new DrillRefusedError('The process that ran Brew was killed. Start it again: npm start');
  // First, so that what another drill has ended is not taken for dead.
  const control = await controlRun(run.dir);
  const all = kafkaNodes(run.dir, run.ports, run.kafka);
  const alive = (await findRun(run.dir))?.processes.map(({ name }) => name) ?? [];
  const dead = all.map(({ name }) => name).filter((name) => !alive.includes(name));
  if (dead.length > 0) {
    await control[Symbol.asyncDispose]();
    throw new DrillRefusedError(
      `${dead.join(' and ')} ${dead.length === 1 ? 'is' : 'are'} down already. A drill begins on a cluster that is whole: npx brew start ${dead.join(' ')}`,
    );
  }
  return {
    kafka: run.kafka,
    all,
    kill: (name) => control.kill(name, 'SIGKILL'),
    stop: (name) => control.kill(name, 'SIGTERM'),
    start: (name) => control.start(name),
    ifKilled: () => 'If this drill is killed itself, Brew starts again what it has ended.',
    [Symbol.asyncDispose]: () => control[Symbol.asyncDispose](),
  };
}
