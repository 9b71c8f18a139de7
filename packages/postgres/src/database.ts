import pg from 'pg';
import type { Logger } from 'pino';
import { createListener, type Stop } from './listener.ts';
import { type Tx, transactOn } from './transactOn.ts';

export type { Tx };

export interface DatabaseOptions {
  url: string;
  /** Connections at most. Default 8: a chunk per co-partition (6) and two for HTTP and workers. */
  max?: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  log: Logger;
}

export interface Database extends Tx, AsyncDisposable {
  /**
   * Commits when `fn` returns, rolls back when it throws, and gives the connection back either way.
   * Throws what `fn` threw, or RolledBackError when it swallowed an error of PostgreSQL; an outage while committing leaves open whether
   * it was committed.
   */
  transaction<T>(fn: (tx: Tx) => Promise<T>): Promise<T>;
  /**
   * LISTEN on one connection of its own, made again when it is lost. `onNotify` is also called after every
   * (re)connection, because what was sent in between is gone: treat it as "look now", not as a message.
   */
  listen(channel: string, onNotify: (payload: string) => void): Promise<Stop>;
  /** A connection outside the pool, for what is tied to a session. The caller ends it. */
  connect(): Promise<pg.Client>;
  /** Rejects when PostgreSQL doesn't answer within 2 s. */
  ping(): Promise<void>;
  /** Idempotent. Waits for connections in use to be given back. */
  stop(): Promise<void>;
}

export function createDatabase({ url, max = 8, applicationName, log }: DatabaseOptions): Database {
  const connection: pg.ClientConfig = {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
  };
  const pool = new pg.Pool({
    ...connection,
    max,
    // Statements that are issued without awaiting each other's result go to the server together.
    pipeline: true,
    idleTimeoutMillis: 30_000,
    // A transaction that hangs would hold its rows' locks, and vacuum back, for everybody.
    statement_timeout: 30_000,
    idle_in_transaction_session_timeout: 60_000,
  });
  // Without a listener, a broken idle connection would end the process. The pool has dropped it by now.
  pool.on('error', (error) => log.warn({ reason: error.message }, 'idle PostgreSQL connection lost'));

  // `query('begin')` without transaction(): whoever got the connection next would work in it, and commit or lose it.
  pool.on('release', (error, client) => {
    if (error || !isInTransaction(client)) return;
    log.error('a connection came back to the pool in a transaction: rolled back');
    client.query('rollback').catch(ignore);
  });

  const connect = async (): Promise<pg.Client> => {
    const client = new pg.Client(connection);
    client.on('error', ignore); // who uses it learns from its queries and from 'end'
    await client.connect();
    return client;
  };
  const listener = createListener({ connect, log });
  let stopped: Promise<void> | undefined;

  const database: Database = {
    // pg's overloads can't be spelled in a literal without repeating them.
    query: pool.query.bind(pool) as Tx['query'],

    async transaction(fn) {
      const client = await pool.connect();
      // The pool listens to idle connections only: one that breaks between two queries of a transaction would end the process.
      client.on('error', ignore);
      try {
        return await transactOn(client, fn);
      } finally {
        client.off('error', ignore);
        // Not idle: the rollback failed as well, and the next one would work in what is left of this transaction.
        client.release(client.getTransactionStatus() !== 'I');
      }
    },

    listen: listener.listen,
    connect,

    async ping() {
      // pg's types don't know it, its queries do: fail instead of waiting for a server that went silent.
      const query: pg.QueryConfig & { query_timeout: number } = { text: 'select 1', query_timeout: 2_000 };
      await pool.query(query);
    },

    stop() {
      stopped ??= listener.stop().then(() => pool.end());
      return stopped;
    },
    [Symbol.asyncDispose]: () => database.stop(),
  };
  return database;
}

const isInTransaction = (client: pg.PoolClient) => ['T', 'E'].includes(client.getTransactionStatus() ?? '');

function ignore(): void {}
