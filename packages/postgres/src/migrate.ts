import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runner } from 'node-pg-migrate';
import pg from 'pg';
import type { Logger } from 'pino';
import { clientConfig, close, IDLE_MS } from './client.ts';
import { messagingMigrations } from './messagingMigrations.ts';
import { untilAvailable } from './untilAvailable.ts';

export interface MigrateOptions {
  url: string;
  /** Folders of SQL files (`001_orders.sql`), applied folder by folder, in the order of the files' numbers. */
  directories: (URL | string)[];
  log: Logger;
  /** Ends the waiting for PostgreSQL. */
  signal?: AbortSignal | undefined;
}

/** Any number does, as long as it is the same for all instances and different from the outbox owner's. */
const MIGRATION_LOCK = 7_241_865;
/** A table of millions of rows may have to be rewritten, or indexed. */
const STATEMENT_MS = 10 * 60_000;

/**
 * Brings the schema up to date, each folder in one transaction. Waits for PostgreSQL, and for another instance that is
 * migrating at this moment. Throws when a file's SQL fails, or an old file was renamed or put in before an applied one.
 */
export async function migrate({ url, directories, log, signal }: MigrateOptions): Promise<void> {
  await untilAvailable(() => migrateOnce({ url, directories, log, signal }), { log, signal });
}

async function migrateOnce({ url, directories, log, signal }: MigrateOptions): Promise<void> {
  const client = new pg.Client(clientConfig({ url, applicationName: 'migrate', statementMs: STATEMENT_MS }));
  client.on('error', () => {}); // the query in flight rejects
  await client.connect();
  try {
    // Whose process is frozen lets the others get on.
    await client.query(`set idle_session_timeout = ${IDLE_MS}`);
    await lock(client, signal);
    for (const directory of directories) {
      const applied = await runner({
        dbClient: client,
        dir: directory instanceof URL ? fileURLToPath(directory) : directory,
        // A table for each, so that both can be numbered from 001 and each keeps its order.
        migrationsTable: directory === messagingMigrations ? 'messaging_migrations' : 'migrations',
        direction: 'up',
        singleTransaction: true,
        noLock: true,
        logger: { debug() {}, info() {}, warn: (text) => log.warn(text), error: (text) => log.error(text) },
      });
      if (applied.length > 0) log.info({ migrations: applied.map(({ name }) => name) }, 'migrated');
    }
  } finally {
    await close(client); // and with the session its lock
  }
}

/** Tries instead of waiting in `pg_advisory_lock`: a waiting statement holds a snapshot, on which CREATE INDEX CONCURRENTLY waits. */
async function lock(client: pg.Client, signal: AbortSignal | undefined): Promise<void> {
  for (;;) {
    const { rows } = await client.query<{ locked: boolean }>('select pg_try_advisory_lock($1) as locked', [
      MIGRATION_LOCK,
    ]);
    if (rows[0]?.locked) return;
    await sleep(200, undefined, signal ? { signal } : {});
  }
}
