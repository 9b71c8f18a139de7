import { createDatabase } from '@brew/postgres';
import type { Logger } from 'pino';
import { services } from './services.ts';

/** The registry keeps the schemas in a database of its own, too. */
export const registryDatabase = 'registry';

/**
 * Makes those databases that are missing, each with a role of the same name that owns it and alone may connect
 * to it: services share a server here, never data. One that is there gets the same, since a copy or a restored one is whose made it, and everybody
 * may connect to it. Names are our own, so they are quoted but not checked.
 *
 * @param names by default those of all services and of the registry
 * @returns how many were missing
 */
export async function ensureDatabases(
  superuserUrl: string,
  log: Logger,
  names: readonly string[] = [registryDatabase, ...services.map(({ database }) => database)],
): Promise<number> {
  await using database = connect(superuserUrl, log);
  // Two at once would both find something missing. The one connection is closed at the end, and its lock with it.
  await database.query('select pg_advisory_lock($1)', [PROVISION_LOCK]);
  const { rows } = await database.query<{ name: string; owner: string; open: boolean }>(
    `select datname as name, pg_get_userbyid(datdba) as owner, has_database_privilege('public', oid, 'connect, temporary') as open
     from pg_database`,
  );
  const existing = new Map(rows.map(({ name, ...rest }) => [name, rest]));
  for (const name of names) {
    // CREATE DATABASE runs in no transaction, so a role may be left from a start that was killed in between.
    const role = await database.query('select from pg_roles where rolname = $1', [name]);
    if (role.rowCount === 0) await database.query(`create role "${name}" login password '${name}'`);
    const found = existing.get(name);
    if (!found) await database.query(`create database "${name}" owner "${name}"`);
    else if (found.owner !== name) await database.query(`alter database "${name}" owner to "${name}"`);
    if (found?.open ?? true)
      await database.query(`revoke connect, temporary on database "${name}" from public`);
  }
  return names.filter((name) => !existing.has(name)).length;
}

/** How many sessions a database has: none when nobody uses it, or there is none. */
export async function sessionsOf(name: string, superuserUrl: string, log: Logger): Promise<number> {
  await using database = connect(superuserUrl, log);
  const { rowCount } = await database.query('select from pg_stat_activity where datname = $1', [name]);
  return rowCount ?? 0;
}

/** Removes a database with all that is in it, and its role; ends whoever uses it. */
export async function dropDatabase(name: string, superuserUrl: string, log: Logger): Promise<void> {
  await using database = connect(superuserUrl, log);
  await database.query(`drop database if exists "${name}" with (force)`);
  await database.query(`drop role if exists "${name}"`);
}

const PROVISION_LOCK = 7_241_864;

/** Making a database copies another one, and waits for the disk. */
const STATEMENT_MS = 60_000;

const connect = (url: string, log: Logger) =>
  createDatabase({ url, max: 1, applicationName: 'brew-provision', statementMs: STATEMENT_MS, log });
