import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { defaultDir, type KafkaMode } from '@brew/sandbox';

/** This program: what a detached start runs again. */
export const mainFile = fileURLToPath(new URL('./main.ts', import.meta.url));

/** The root of the checkout. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** What Brew is made of with Docker. */
export const composeFile = fileURLToPath(new URL('../../../docker-compose.yml', import.meta.url));

/** What makes of it a cluster with dedicated controllers. */
const dedicatedComposeFile = fileURLToPath(
  new URL('../../../infra/kafka/dedicated/docker-compose.yml', import.meta.url),
);

/** What `docker compose` is called with for a project of ours. */
export const composeFlags = (kafka: KafkaMode): string[] =>
  kafka === 'combined' ? ['-f', composeFile] : ['-f', composeFile, '-f', dedicatedComposeFile];

/** Where the running system keeps everything: .brew in the checkout, or BREW_DIR. */
export function brewDir(env: NodeJS.ProcessEnv = process.env): string {
  return env.BREW_DIR ? resolve(env.BREW_DIR) : defaultDir;
}
