import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { defaultCacheDir } from '@brew/sandbox';

const folder = join(defaultCacheDir, 'kafkajs-2.2.4-plain');

/**
 * kafkajs without our patch. pnpm patches every copy of a version that it installs, under whatever name, so npm gets this one, from the
 * registry that it is configured for.
 */
export const plainKafkajs = join(folder, 'node_modules/kafkajs/index.js');

/** Gets it into the cache, unless it is there. @throws what npm says, and what to do */
export async function fetchPlainKafkajs(say: (what: string) => void): Promise<void> {
  if (existsSync(plainKafkajs)) return;
  say('npm gets kafkajs 2.2.4 without our patch');
  const partial = `${folder}.${process.pid}.partial`;
  await mkdir(partial, { recursive: true });
  try {
    const quiet = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts'];
    await promisify(execFile)('npm', ['install', '--prefix', partial, ...quiet, 'kafkajs@2.2.4']).catch(
      (cause) => {
        const how =
          'Try again with a network, or leave that client out: --subject kafkajs or --subject platformatic.';
        throw new Error(
          `npm can't get kafkajs 2.2.4, the first client that is judged. ${how} npm said: ${cause.stderr}`,
        );
      },
    );
    await rename(partial, folder);
  } finally {
    await rm(partial, { recursive: true, force: true });
  }
}
