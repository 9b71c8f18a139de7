import { readFile } from 'node:fs/promises';
import { createDatabase, type Database, messagingMigrations, migrate } from '@brew/postgres';
import { createTestDatabase } from '@brew/postgres/testing';
import { infrastructure } from '@brew/sandbox/testing';
import { pino } from 'pino';
import type { DatabaseName } from '../book.ts';

const root = new URL('../../../../../../', import.meta.url);
const migrationsOf: Record<DatabaseName, string> = {
  orders: 'services/order/src/store/migrations/',
  psp: 'packages/simulator/src/provider/store/migrations/',
  catalog: 'services/catalog/src/store/migrations/',
  kitchen: 'services/kitchen/src/store/migrations/',
  courier: 'services/courier/src/store/migrations/',
  analytics: 'services/analytics/src/store/migrations/',
};
const reports = { sales: 'sales', funnel: 'funnel', top_drinks: 'topDrinks', latency: 'latency' };

export interface TestDatabases extends AsyncDisposable {
  urlOf(name: string): string;
  of(name: DatabaseName): Database;
}

/** The databases of all services, empty, as their migrations make them; reports have a live generation. */
export async function createTestDatabases(): Promise<TestDatabases> {
  const log = pino({ level: 'silent' });
  const stack = new AsyncDisposableStack();
  const [urls, databases] = [new Map<string, string>(), new Map<string, Database>()];
  for (const [name, migrations] of Object.entries(migrationsOf)) {
    const { url } = stack.use(await createTestDatabase(infrastructure().postgresUrl));
    const own = new URL(migrations, root);
    await migrate({ url, directories: name === 'psp' ? [own] : [messagingMigrations, own], log });
    urls.set(name, url);
    databases.set(name, stack.use(createDatabase({ url, applicationName: 'test', log })));
  }
  const analytics = databases.get('analytics') as Database;
  for (const [name, folder] of Object.entries(reports)) {
    const tables = new URL(`services/analytics/src/projections/${folder}/tables.sql`, root);
    const positions = 'create table positions (topic text, partition integer, next_offset bigint)';
    await analytics.query(
      `insert into generations (projection, number, version, state) values ('${name}', 1, 1, 'live')`,
    );
    await analytics.query(
      `create schema ${name}_g1; set search_path to ${name}_g1; ${positions}; ${await readFile(tables, 'utf8')}; reset search_path`,
    );
  }
  return {
    urlOf: (name) => urls.get(name) as string,
    of: (name) => databases.get(name) as Database,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
