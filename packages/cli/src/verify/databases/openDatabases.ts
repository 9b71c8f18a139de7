import { createDatabase, type Database, isOutage } from '@brew/postgres';
import type { Logger } from 'pino';
import { DatabaseUnreachableError } from '../../errors.ts';
import type { DatabaseName } from './book.ts';

/** Each with one of its tables: a service makes them when it starts for the first time. */
const tables: readonly (readonly [name: DatabaseName, table: string])[] = [
  ['orders', 'orders'],
  ['psp', 'payments'],
  ['catalog', 'reservations'],
  ['kitchen', 'tickets'],
  ['courier', 'shipments'],
  ['analytics', 'generations'],
];

export interface Databases extends AsyncDisposable {
  of(name: DatabaseName): Database;
}

/**
 * @param urlOf a connection string for each, of somebody who may read all of it
 * @throws DatabaseUnreachableError when one does not answer, or nothing was ever in it
 */
export async function openDatabases(urlOf: (name: string) => string, log: Logger): Promise<Databases> {
  await using opened = new AsyncDisposableStack();
  const databases = new Map<string, Database>();
  for (const [name, table] of tables) {
    const url = urlOf(name);
    const database = opened.use(createDatabase({ url, max: 1, applicationName: 'brew-verify', log }));
    const { host } = new URL(url);
    const { rows } = await database
      .query<{ there: boolean }>('select to_regclass($1) is not null as there', [table])
      .catch((error) => {
        throw isOutage(error) ? new DatabaseUnreachableError(name, host, error.message, error) : error;
      });
    if (!rows[0]?.there) throw new DatabaseUnreachableError(name, host, `it has no table ${table} yet`);
    databases.set(name, database);
  }
  const kept = opened.move();
  return {
    of: (name) => databases.get(name) as Database,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
