import { createDatabase, type Database, isOutage } from '@brew/postgres';
import type { Logger } from 'pino';
import { DatabaseUnreachableError } from '../../errors.ts';
import type { DatabaseName } from './book.ts';

const names: readonly DatabaseName[] = ['orders', 'psp', 'catalog', 'kitchen', 'courier', 'analytics'];

export interface Databases extends AsyncDisposable {
  of(name: DatabaseName): Database;
}

/**
 * @param urlOf a connection string for each, of somebody who may read all of it
 * @throws DatabaseUnreachableError when one does not answer
 */
export async function openDatabases(urlOf: (name: string) => string, log: Logger): Promise<Databases> {
  await using opened = new AsyncDisposableStack();
  const databases = new Map<string, Database>();
  for (const name of names) {
    const url = urlOf(name);
    const database = opened.use(createDatabase({ url, max: 1, applicationName: 'brew-verify', log }));
    await database.ping().catch((error) => {
      throw isOutage(error) ? new DatabaseUnreachableError(name, new URL(url).host, error) : error;
    });
    databases.set(name, database);
  }
  const kept = opened.move();
  return {
    of: (name) => databases.get(name) as Database,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}
