import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { defaultDir, defaultPorts, type KafkaMode, kafkaNodes } from '@brew/sandbox';
import { DrillRefusedError } from '../../errors.ts';
import { composeFile, dedicatedComposeFile } from '../../paths.ts';
import type { Nodes } from './nodes.ts';

const run = promisify(execFile);

/** A node may take that long to end in order; then Docker kills it. */
const STOP_SECONDS = '30';

/**
 * The nodes of docker compose.
 * @param kafka in which of the two modes it was started
 * @param docker the program
 * @throws DrillRefusedError: there is no docker, it does not answer, or a node does not run
 */
export async function composeNodes(kafka: KafkaMode, docker = 'docker'): Promise<Nodes> {
  const files = ['-f', composeFile, ...(kafka === 'dedicated' ? ['-f', dedicatedComposeFile] : [])];
  /** As a person types it in the checkout. */
  const starting = (names: readonly string[]) =>
    `docker compose ${kafka === 'dedicated' ? '-f docker-compose.yml -f infra/kafka/dedicated/docker-compose.yml ' : ''}start ${names.join(' ')}`;
  const compose = async (...args: string[]): Promise<string> => {
    try {
      return (await run(docker, ['compose', ...files, ...args])).stdout;
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: string };
      const why = (stderr?.trim() || message).split('\n').at(-1)?.replace(/\.$/, '');
      throw new DrillRefusedError(
        `docker compose ${args.join(' ')} failed: ${why}. See how it is with: docker compose ps -a`,
        error,
      );
    }
  };

  const all = kafkaNodes(defaultDir, defaultPorts, kafka);
  const running = (await compose('ps', '--services', '--status', 'running')).split('\n');
  const dead = all.filter(({ name }) => !running.includes(name)).map(({ name }) => name);
  if (dead.length > 0) {
    throw new DrillRefusedError(
      `${dead.join(' and ')} ${dead.length === 1 ? 'is' : 'are'} down already. A drill begins on a cluster that is whole: ${starting(dead)}`,
    );
  }
  return {
    kafka,
    all,
    async kill(name) {
      await compose('kill', '--signal', 'SIGKILL', name);
    },
    async stop(name) {
      await compose('stop', '--timeout', STOP_SECONDS, name);
    },
    async start(name) {
      await compose('start', name);
    },
    ifKilled: (names) => `If this drill is killed itself, start what it has ended: ${starting(names)}`,
    [Symbol.asyncDispose]: async () => {},
  };
}
