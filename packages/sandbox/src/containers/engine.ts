import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** What the containers of tests are made of: the images that docker-compose.yml names. */
export const images = {
  kafka: 'apache/kafka:4.2.0',
  postgres: 'postgres:18',
  registry: 'apicurio/apicurio-registry:3.3.3',
  /** What our own image is built on. */
  node: 'node:24-slim',
} as const;

/**
 * Why tests can't use containers here, in half a sentence; undefined when they can. Nothing is pulled for that: a test run is no
 * occasion for a gigabyte of downloads.
 */
export async function whyNoContainers(
  needed: readonly string[],
  { compose = false } = {},
): Promise<string | undefined> {
  if (!(await succeeds('info', '--format', '{{.ServerVersion}}'))) return 'no Docker engine answers';
  if (compose && !(await succeeds('compose', 'version'))) return 'there is no Docker Compose';
  for (const image of needed) {
    if (!(await succeeds('image', 'inspect', image))) {
      return `the engine has no image ${image}; docker pull ${image} fetches it`;
    }
  }
  return undefined;
}

/** An engine that doesn't answer by then is none. */
const ANSWERS_WITHIN_MS = 10_000;

async function succeeds(...args: string[]): Promise<boolean> {
  try {
    // `docker info` ends with 0 although no engine answers, unless it has to format what that says.
    const { stdout } = await promisify(execFile)('docker', args, { timeout: ANSWERS_WITHIN_MS });
    return stdout.trim() !== '';
  } catch {
    return false;
  }
}
