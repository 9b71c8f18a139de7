import { pino } from 'pino';
import { ensureDatabases } from './databases.ts';
import { JobConfigError } from './errors.ts';
import { insist, PATIENCE_MS } from './insist.ts';
import { ensureSchemas } from './schemas.ts';
import { declaredTopics, ensureTopics } from './topics.ts';

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
  return insist(
    () => job(env),
    ({ message }) => console.error(`${message} Trying again …`),
  );
}

function required(env: NodeJS.ProcessEnv, variable: string): string {
  const value = env[variable];
  if (!value) throw new JobConfigError(`${variable} is not set.`);
  return value;
}
