import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { KafkaMode } from '@brew/sandbox';
import { DrillRefusedError } from '../../errors.ts';
import { composeFlags } from '../../paths.ts';

const run = promisify(execFile);

/** A system that docker compose runs. */
export interface Compose {
  /** Runs `docker compose …`, and resolves with its output. @throws DrillRefusedError saying what docker says */
  (...args: string[]): Promise<string>;
  /** What a person types in the checkout to start these services. */
  starting(names: readonly string[]): string;
  /** The services that there are, running or not, with the name of the project, which other files and the environment may set. */
  containers(): Promise<{ project: string; service: string; running: boolean }[]>;
}

/**
 * @param kafka in which of the two modes it was started
 * @param docker the program
 */
export function composeOf(kafka: KafkaMode, docker: string): Compose {
  async function compose(...args: string[]): Promise<string> {
    try {
      return (await run(docker, ['compose', ...composeFlags(kafka), ...args])).stdout;
    } catch (error) {
      const { stderr, message } = error as Error & { stderr?: string };
      const why = (stderr?.trim() || message).split('\n').at(-1)?.replace(/\.$/, '');
      throw new DrillRefusedError(
        `docker compose ${args.join(' ')} failed: ${why}. See how it is with: docker compose ps -a`,
        error,
      );
    }
  }
  return Object.assign(compose, {
    starting: (names: readonly string[]) =>
      `docker compose ${kafka === 'dedicated' ? '-f docker-compose.yml -f infra/kafka/dedicated/docker-compose.yml ' : ''}start ${names.join(' ')}`,
    async containers() {
      const lines = (await compose('ps', '--all', '--format', 'json')).split('\n');
      return lines
        .filter((line) => line.startsWith('{'))
        .map((line) => JSON.parse(line) as { Project: string; Service: string; State: string })
        .map(({ Project, Service, State }) => ({
          project: Project,
          service: Service,
          running: State === 'running',
        }));
    },
  });
}
