import { createDatabase } from '@brew/postgres';
import type { Logger } from 'pino';

/** Password of the superuser postgres. Not a secret: it opens a sandbox that listens on this machine only. */
export const superuserPassword = 'postgres';

/**
 * Makes those databases that are missing, each with a role of the same name that owns it and alone may connect
 * to it: services share a server here, never data. Names are our own, so they are quoted but not checked.
 */
export async function ensureDatabases(
  superuserUrl: string,
  names: readonly string[],
  log: Logger,
): Promise<void> {
  await using database = createDatabase({ url: superuserUrl, max: 1, applicationName: 'brew-sandbox', log });
  const { rows } = await database.query<{ datname: string }>('select datname from pg_database');
  const existing = new Set(rows.map(({ datname }) => datname));
  for (const name of names.filter((wanted) => !existing.has(wanted))) {
    // CREATE DATABASE runs in no transaction, so a role may be left from a start that was killed in between.
    const role = await database.query('select from pg_roles where rolname = $1', [name]);
    if (role.rowCount === 0) await database.query(`create role "${name}" login password '${name}'`);
    await database.query(`create database "${name}" owner "${name}"`);
    await database.query(`revoke connect, temporary on database "${name}" from public`);
  }
}
