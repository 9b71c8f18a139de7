import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { root } from '../paths.ts';
import type { Jdk } from './java.ts';
import { findMaven, runMaven } from './maven.ts';

export interface FetchOptions {
  /** Shared by all folders of the sandbox, and safe to delete: the next start fetches again. */
  cacheDir: string;
  jdk: Jdk;
  signal?: AbortSignal | undefined;
}

/** Where something fetched stands, and whether this call fetched it or found it. */
export interface Artifact {
  folder: string;
  fetched: boolean;
}

/** Kafka's jars with all they need, as infra/kafka/pom.xml names them. */
export function fetchKafka(options: FetchOptions): Promise<Artifact> {
  return fetchByPom(
    'kafka',
    (folder) => ['dependency:copy-dependencies', `-DoutputDirectory=${folder}`],
    options,
  );
}

/** The unpacked Apicurio Registry that infra/registry/pom.xml names. */
export function fetchRegistry(options: FetchOptions): Promise<Artifact> {
  return fetchByPom(
    'registry',
    // The markers would otherwise be written beside the pom, and keep Maven from unpacking a second time.
    (folder) => [
      'dependency:unpack-dependencies',
      `-DoutputDirectory=${folder}`,
      `-DmarkersDirectory=${folder}/.markers`,
    ],
    options,
  );
}

async function fetchByPom(
  name: 'kafka' | 'registry',
  goal: (folder: string) => string[],
  options: FetchOptions,
): Promise<Artifact> {
  const pom = join(root, 'infra', name, 'pom.xml');
  // Named after the pom's content: whoever sets a newer version there gets a new folder.
  const version = createHash('sha256')
    .update(await readFile(pom))
    .digest('hex')
    .slice(0, 12);
  const { cacheDir, jdk, signal } = options;
  // Maven is looked for only when it is needed: once the cache is full, a start does without.
  return completeOrAbsent(join(cacheDir, `${name}-${version}`), async (folder) => {
    const maven = await findMaven(process.env);
    await runMaven(name, ['--file', pom, ...goal(folder)], { maven, javaHome: jdk.home, signal });
  });
}

/**
 * Lets `fill` fill a folder beside the wanted one and renames it when it is whole, so that a start that was
 * killed in the middle never leaves half a folder that the next one takes for a whole one.
 */
export async function completeOrAbsent(
  folder: string,
  fill: (folder: string) => Promise<void>,
): Promise<Artifact> {
  if (await exists(folder)) return { folder, fetched: false };
  await mkdir(dirname(folder), { recursive: true });
  const partial = `${folder}.${randomUUID()}.partial`;
  await mkdir(partial);
  try {
    await fill(partial);
    await rename(partial, folder);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    // Two starts fetched the same at once, and the other one was first.
    if (await exists(folder)) return { folder, fetched: false };
    throw error;
  }
  return { folder, fetched: true };
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined;
}
