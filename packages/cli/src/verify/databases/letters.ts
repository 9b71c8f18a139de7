import type { Database } from '@brew/postgres';
import type { Ledger } from '../ledger.ts';
import type { DatabaseName } from './book.ts';
import { breachOf } from './breachOf.ts';
import type { DatabaseBreach, SetResult } from './result.ts';
import { waitingLetters } from './sql/messaging.ts';

/** The consumer groups, each with the database that keeps its dead letters. */
const groups: readonly (readonly [group: string, database: DatabaseName])[] = [
  ['catalog', 'catalog'],
  ['order', 'orders'],
  ['kitchen', 'kitchen'],
  ['courier', 'courier'],
  ['analytics', 'analytics'],
];

/** What was not done since its record lies in the dead letters: each of them is told. */
export async function findLetters(
  databaseOf: (name: DatabaseName) => Database,
  ledger: Ledger,
): Promise<SetResult[]> {
  const results: SetResult[] = [];
  for (const [group, database] of groups) {
    const set = `letters of ${group}`;
    const breaches: DatabaseBreach[] = [];
    for await (const { id, reason, type, key } of waitingLetters(databaseOf(database))) {
      const what = type?.split('.').at(-1) || 'a record';
      const sentence = `${what} that waits in the dead letters (${reason}): npx brew dlq show ${group} ${id}`;
      const orderId = key?.toString() ?? '';
      const order = ledger.find(orderId);
      breaches.push(breachOf(set, order ? `has ${sentence}` : sentence, order));
    }
    results.push({
      set,
      database,
      compared: breaches.length,
      unit: 'waiting',
      breaches,
      young: 0,
      gone: 0,
      partly: 0,
    });
  }
  return results;
}
