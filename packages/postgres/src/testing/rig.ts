import { infrastructure } from '@brew/sandbox/testing';
import { type Logger, pino } from 'pino';
import { createDatabase, type Database } from '../database.ts';
import { messagingMigrations } from '../messagingMigrations.ts';
import { migrate } from '../migrate.ts';
import { createTestDatabase } from './createTestDatabase.ts';

export interface Rig {
  url: string;
  db: Database;
  log: Logger;
  /** As an administrator, or a restart, would: ends every connection to this database but the one that does it. */
  terminateBackends(): Promise<void>;
  stop(): Promise<void>;
}

/** A migrated database for a test file of this package. */
export async function createRig(): Promise<Rig> {
  const log = pino({ level: 'silent' });
  const { url, drop } = await createTestDatabase(infrastructure().postgresUrl);
  await migrate({ url, directories: [messagingMigrations], log });
  const db = createDatabase({ url, applicationName: 'test', log });
  return {
    url,
    db,
    log,
    async terminateBackends() {
      await db.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid()`,
      );
    },
    async stop() {
      await db.stop();
      await drop();
    },
  };
}
