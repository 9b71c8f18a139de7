import { setTimeout as sleep } from 'node:timers/promises';
import { BrewError } from '@brew/events';
import { isOutage } from '@brew/postgres';
import { pino } from 'pino';
import { ensureDatabases } from './databases.ts';
import { JobConfigError } from './errors.ts';
import { ensureSchemas } from './schemas.ts';
import { declaredTopics, ensureTopics } from './topics.ts';

/**
 * How long what a job needs may take to answer. It has passed its health check by then, but on a busy machine even that is no promise, and
 * nobody starts a job again that has failed.
 */
const PATIENCE_MS = 300_000;
const PAUSE_MS = 2_000;

/** Each does one thing, may be repeated, and says in a line what it did. */
const jobs: Record<string, (env: NodeJS.ProcessEnv) => Promise<string>> = {
  async databases(env) {
    const created = await ensureDatabases(required(env, 'POSTGRES_URL'), pino());
    return `databases: ${created} created`;
  },
  async topics(env) {
    const brokers = required(env, 'KAFKA_BROKERS').split(',');
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const created = await ensureTopics(brokers, { log: pino({ level: 'warn' }), signal });
    return `topics: ${declaredTopics.length}, ${created} of them new`;
  },
  async schemas(env) {
    const count = await ensureSchemas(required(env, 'SCHEMA_REGISTRY_URL'), pino());
    return `schemas: ${count}`;
  },
};

/**
 * Runs a job by its name.
 * @returns what it did, in a line
 * @throws JobConfigError, and what the job throws
 */
export async function runJob(name: string | undefined, env: NodeJS.ProcessEnv): Promise<string> {
  const job = name !== undefined && Object.hasOwn(jobs, name) ? jobs[name] : undefined;
  if (job === undefined)
    throw new JobConfigError(`The job has to be one of ${Object.keys(jobs).join(', ')}.`);
  return insist(() => job(env));
}

/** Tries again what may pass. */
async function insist(job: () => Promise<string>): Promise<string> {
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await job();
    } catch (error) {
      const mayPass = (error instanceof BrewError && error.retryable) || isOutage(error);
      if (!mayPass || performance.now() > deadline) throw error;
      console.error(`${(error as Error).message} Trying again …`);
    }
    await sleep(PAUSE_MS);
  }
}

function required(env: NodeJS.ProcessEnv, variable: string): string {
  const value = env[variable];
  if (!value) throw new JobConfigError(`${variable} is not set.`);
  return value;
}
