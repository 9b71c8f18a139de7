import { execFile } from 'node:child_process';
import { access, constants } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { DownloadFailedError, MavenMissingError } from '../errors.ts';
import { lastLines } from '../processes/lastLines.ts';
import { javaEnv } from './java.ts';

/** The cold download of Kafka and its 90 jars, on a slow line. */
const timeoutMs = 10 * 60_000;

/**
 * Runs Maven, quietly and without questions.
 *
 * @param what is fetched, for the message when it fails
 * @throws DownloadFailedError with the end of what Maven said
 */
export async function runMaven(
  what: string,
  args: readonly string[],
  { maven, javaHome, signal }: { maven: string; javaHome: string; signal?: AbortSignal | undefined },
): Promise<void> {
  try {
    await promisify(execFile)(maven, ['--quiet', '--batch-mode', ...args], {
      // Maven would take the first Java on PATH; there may be none, as JDKs are found in other places as well.
      env: javaEnv({ ...process.env, JAVA_HOME: javaHome }),
      timeout: timeoutMs,
      maxBuffer: 64 * 1024 * 1024,
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    signal?.throwIfAborted();
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new DownloadFailedError(what, lastLines(stdout + stderr), error);
  }
}

/** The mvn that a user's shell would run, or the one in MAVEN_HOME (M2_HOME, as it once was called). */
export async function findMaven(environment: NodeJS.ProcessEnv): Promise<string> {
  const homes = [environment.MAVEN_HOME, environment.M2_HOME].filter((home) => home !== undefined);
  const folders = [
    ...homes.map((home) => join(home, 'bin')),
    ...(environment.PATH ?? '').split(delimiter).filter(Boolean),
  ];
  for (const folder of folders) {
    const maven = join(folder, 'mvn');
    const found = await access(maven, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return maven;
  }
  throw new MavenMissingError();
}
