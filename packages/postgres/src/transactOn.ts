import type pg from 'pg';
import { answerWithin, type BoundedQuery } from './client.ts';

/**
 * What runs inside a transaction: pg's own `query()`, without cursors. Statements that don't need each other's results
 * are best issued together, `await Promise.all([…])`: they run in that order, in one round trip.
 */
export type Tx = Pick<pg.ClientBase, 'query'>;

/**
 * PostgreSQL answered COMMIT with ROLLBACK: a statement had failed, and whoever issued it went on as if it had not. Nothing of the
 * transaction is kept. The cause is what the first failing statement said. Operator: mend the code that catches it; where an error
 * is expected, roll back to a savepoint.
 */
export class RolledBackError extends Error {
  constructor(cause: unknown) {
    super('Nothing was committed: a statement of the transaction had failed, and its error was swallowed.', {
      cause,
    });
    this.name = 'RolledBackError';
  }
}

/** A server that went silent must not hold up who wants to give up: the connection is broken then, and closed. */
const ROLLBACK_MS = 5_000;

/**
 * Runs `fn` in a transaction on this connection: everything that ever sends `commit` comes by here. Commits when `fn` returns,
 * rolls back when it throws. `tx` is over with it: what was left running finds it closed, instead of writing outside of any transaction.
 *
 * @param statementMs what each statement may take, in milliseconds, here and on the server; left out, what those of the connection may
 * @throws what `fn` threw, RolledBackError, or what PostgreSQL said to the commit
 */
export async function transactOn<T>(
  client: Tx,
  fn: (tx: Tx) => Promise<T>,
  { statementMs }: { statementMs?: number | undefined } = {},
): Promise<T> {
  let over = false;
  let failed: unknown;
  const tx = {
    query(...args: [string]) {
      if (over)
        return Promise.reject(new Error('The transaction is over: a statement was issued after its end.'));
      const result = client.query(...(statementMs === undefined ? args : bounded(args, statementMs)));
      // Noted for RolledBackError. Who issued it gets it all the same.
      result?.catch((error) => {
        failed ??= error;
      });
      return result;
    },
  } as Tx;
  try {
    // Not awaited here: it goes out with the first statement of `fn`, which fails as well if this does.
    const begun = client.query(
      statementMs === undefined ? 'begin' : `begin; set local statement_timeout = ${statementMs}`,
    );
    begun.catch(ignore);
    const result = await fn(tx);
    over = true;
    await begun;
    const { command } = await client.query('commit');
    if (command !== 'COMMIT') throw new RolledBackError(failed);
    return result;
  } catch (error) {
    over = true;
    // If this fails, the connection is not to be used any more.
    const rollback: BoundedQuery = { text: 'rollback', query_timeout: ROLLBACK_MS };
    await client.query(rollback).catch(ignore);
    throw error;
  }
}

/** The arguments of a query that waits for as long as its statement may take. */
function bounded([query, ...values]: [string | pg.QueryConfig, ...unknown[]], statementMs: number): [string] {
  const config = typeof query === 'string' ? { text: query } : query;
  return [{ ...config, query_timeout: answerWithin(statementMs) }, ...values] as unknown as [string];
}

function ignore(): void {}
