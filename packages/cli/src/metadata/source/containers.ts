import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { BrewError } from '@brew/events';
import { delay } from '@brew/kafka';
import type { KafkaMode } from '@brew/sandbox';
import { composeFlags } from '../../paths.ts';
import type { Source } from './source.ts';

/** A node that docker compose runs. */
export interface KafkaContainer {
  /** The service: kafka-1, controller-1, … */
  node: string;
  id: string;
  image: string;
}

const run = promisify(execFile);
/** `docker compose` answers at once, or nobody is there. */
const ANSWERS_WITHIN_MS = 10_000;
/** How often it is looked whether a new segment was begun, which happens once in a gigabyte or a week. */
const LIST_EVERY_MS = 5_000;

/** The Kafka containers that run; none when there is no Docker. */
export async function kafkaContainers(): Promise<KafkaContainer[]> {
  // In this order, since COMPOSE_PROJECT_NAME may give both projects one name: the files of dedicated have all that the other has.
  const dedicated = await containersOf('dedicated');
  return dedicated.length > 0 ? dedicated : await containersOf('combined');
}

async function containersOf(kafka: KafkaMode): Promise<KafkaContainer[]> {
  const asked = ['compose', ...composeFlags(kafka), 'ps', '--format', 'json'];
  const { stdout } = await run('docker', asked, { timeout: ANSWERS_WITHIN_MS }).catch(() => ({ stdout: '' }));
  return stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { Service: string; ID: string; Image: string; State: string })
    .filter(({ Service, State }) => /^(kafka|controller)-\d+$/.test(Service) && State === 'running')
    .map(({ Service, ID, Image }) => ({ node: Service, id: ID, image: Image }))
    .sort((a, b) => (a.node < b.node ? -1 : 1));
}

/**
 * Copies a container's log out, and has a container of the same image read the copy: the node's own has no memory left for another JVM,
 * and this machine needs no JDK.
 * @throws BrewError when it can't be copied
 */
export async function containerSource({ node, id, image }: KafkaContainer, choice: number): Promise<Source> {
  const inside = await logFolder(node, id);
  const folder = await mkdtemp(join(tmpdir(), 'brew-metadata-'));
  const remove = () => rm(folder, { recursive: true, force: true });
  const list = async () => {
    const { stdout } = await inContainer(id, 'ls', '-1', inside);
    return stdout
      .split('\n')
      .filter((name) => /\.(log|checkpoint)$/.test(name))
      .sort();
  };
  try {
    for (const name of await list()) await copy(id, `${inside}/${name}`, join(folder, name));
  } catch (error) {
    await remove();
    throw new BrewError(
      'BREW_FILE_UNREADABLE',
      `The metadata log of the container ${node} could not be copied. Look whether it still runs: docker compose ps. The reason was: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return {
    ...{ node, folder, choice, place: `${inside} in its container` },
    startIn: (mounted) => async (files) => spawn('docker', dumpArgs(image, mounted, files)),
    async keepUp(signal) {
      for (let name = ''; !signal.aborted; ) {
        const newest = (await list().catch(() => [])).filter((each) => each.endsWith('.log')).at(-1) ?? '';
        if (newest > name) {
          name = newest;
          const streaming = stream(id, `${inside}/${name}`, join(folder, name));
          signal.addEventListener('abort', () => void streaming.then((tail) => tail.kill()));
        }
        await delay(LIST_EVERY_MS, signal);
      }
    },
    [Symbol.asyncDispose]: remove,
  };
}

/** The entrypoint of the image is told where to log, since a user of ours may not write where it would. */
const dumpArgs = (image: string, folder: string, files: readonly string[]): string[] => [
  ...['run', '--rm', '--network', 'none', '--user', `${process.getuid?.() ?? 0}`],
  ...['--volume', `${folder}:/metadata:ro`, '--env', 'LOG_DIR=/tmp', '--env', 'KAFKA_HEAP_OPTS=-Xmx64m'],
  ...['--env', 'KAFKA_JVM_PERFORMANCE_OPTS=-XX:+UseSerialGC -XX:TieredStopAtLevel=1'],
  ...['--entrypoint', '/opt/kafka/bin/kafka-dump-log.sh', image, '--cluster-metadata-decoder'],
  ...['--files', files.map((file) => `/metadata/${file}`).join()],
];

/** @throws BrewError when there is none */
async function logFolder(node: string, id: string): Promise<string> {
  const { stdout } = await inContainer(id, 'env').catch(() => ({ stdout: '' }));
  const variable = (name: string) => new RegExp(`^${name}=([^,\\n]+)`, 'm').exec(stdout)?.[1];
  // The image's own, when nothing is said.
  const kept = variable('KAFKA_METADATA_LOG_DIR') ?? variable('KAFKA_LOG_DIRS') ?? '/tmp/kraft-combined-logs';
  const folder = `${kept}/__cluster_metadata-0`;
  await inContainer(id, 'test', '-d', folder).catch((error: unknown) => {
    throw new BrewError(
      'BREW_FILE_UNREADABLE',
      `The container ${node} has no folder ${folder}. Wait until it has started, and look at its log: docker compose logs ${node}.`,
      { cause: error },
    );
  });
  return folder;
}

const inContainer = (id: string, ...args: string[]) => run('docker', ['exec', id, ...args]);

async function copy(id: string, from: string, to: string): Promise<void> {
  const cat = spawn('docker', ['exec', id, 'cat', from], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(cat, 'close') as Promise<[number | null]>;
  await pipeline(cat.stdout, createWriteStream(to, { mode: 0o600 }));
  const [code] = await closed;
  if (code !== 0) throw new Error(`docker exec cat ${from} ended with ${code}`);
}

/** Appends what comes to a copy. The tail in the container ends with our end of its standard input, however we end. */
async function stream(id: string, from: string, to: string): Promise<ChildProcess> {
  const size = (await stat(to).catch(() => undefined))?.size ?? 0;
  const script = 'tail -c "+$1" -f "$2" & cat > /dev/null; kill $!';
  const args = ['exec', '-i', id, 'sh', '-c', script, 'sh', `${size + 1}`, from];
  const tail = spawn('docker', args, { stdio: ['pipe', 'pipe', 'ignore'] });
  tail.stdout.pipe(createWriteStream(to, { flags: 'a', mode: 0o600 }));
  tail.on('error', () => undefined);
  return tail;
}
