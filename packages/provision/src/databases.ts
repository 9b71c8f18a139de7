import { createDatabase } from '@brew/postgres';
import type { Logger } from 'pino';
import { services } from './services.ts';

/** The registry keeps the schemas in a database of its own, too. */
export const registryDatabase = 'registry';

/**
 * Makes those databases that are missing, each with a role of the same name that owns it and alone may connect
 * to it: services share a server here, never data. Names are our own, so they are quoted but not checked.
 *
 * @returns how many were missing
 */
export async function ensureDatabases(superuserUrl: string, log: Logger): Promise<number> {
  const names = [registryDatabase, ...services.map(({ database }) => database)];
  await using database = createDatabase({
    url: superuserUrl,
    max: 1,
    applicationName: 'brew-provision',
    log,
  });
  const { rows } = await database.query<{ datname: string }>('select datname from pg_database');
  const existing = new Set(rows.map(({ datname }) => datname));
  const missing = names.filter((name) => !existing.has(name));
  for (const name of missing) {
    // CREATE DATABASE runs in no transaction, so a role may be left from a start that was killed in between.
    const role = await database.query('select from pg_roles where rolname = $1', [name]);
    if (role.rowCount === 0) await database.query(`create role "${name}" login password '${name}'`);
    await database.query(`create database "${name}" owner "${name}"`);
    await database.query(`revoke connect, temporary on database "${name}" from public`);
  }
  return missing.length;
}
