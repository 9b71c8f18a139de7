import pg from 'pg';
import type { Logger } from 'pino';
import { type BoundedQuery, type ClientOptions, clientConfig } from './client.ts';
import { createListener, type Stop } from './listener.ts';
import { openSession, type Session, type SessionOptions } from './session.ts';
import { type Tx, transactOn } from './transactOn.ts';

export type { Session, Tx };

export interface DatabaseOptions extends ClientOptions {
  /** Connections at most. Default 8: a chunk per co-partition (6) and two for HTTP and workers. */
  max?: number;
  log: Logger;
}

interface TransactionOptions {
  /** What each of its statements may take, in milliseconds; left out, what those of the database may. */
  statementMs?: number;
  /** Aborted when nobody wants it any more: it is not begun then. What was begun is finished. */
  signal?: AbortSignal | undefined;
}

/**
 * A pool in which every wait has a bound: for a connection, for an answer, in the queue. Who comes to a full queue, or waits in vain, gets an
 * outage.
 */
export interface Database extends Tx, AsyncDisposable {
  /**
   * Commits when `fn` returns, rolls back when it throws, and gives the connection back either way.
   * Throws what `fn` threw, or RolledBackError when it swallowed an error of PostgreSQL; an outage while committing leaves open whether
   * it was committed; the signal's reason.
   */
  transaction<T>(fn: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>;
  /**
   * LISTEN on one connection of its own, made again when it is lost. `onNotify` is also called after every
   * (re)connection, because what was sent in between is gone: treat it as "look now", not as a message.
   */
  listen(channel: string, onNotify: (payload: string) => void): Promise<Stop>;
  /** A connection outside the pool, for what is tied to a session. The caller ends it. */
  connect(options?: Pick<SessionOptions, 'statementMs' | 'signal'>): Promise<Session>;
  /** What PostgreSQL's clock says. Rejects when it doesn't answer within 2 s. */
  ping(): Promise<Date>;
  /** Idempotent. Waits for connections in use to be given back. */
  stop(): Promise<void>;
}

/** Who may wait for a connection: more than these would wait in vain anyway, and each holds on to what it has in memory. */
const MAX_WAITING = 500;

export function createDatabase({ max = 8, log, ...options }: DatabaseOptions): Database {
  const pool = new pg.Pool({
    ...clientConfig(options),
    max,
    // Statements that are issued without awaiting each other's result go to the server together.
    pipeline: true,
    idleTimeoutMillis: 30_000,
  });
  // Without a listener, a broken idle connection would end the process. The pool has dropped it by now.
  pool.on('error', (error) => log.warn({ reason: error.message }, 'idle PostgreSQL connection lost'));

  // `query('begin')` without transaction(): whoever got the connection next would work in it, and commit or lose it.
  pool.on('release', (error, client) => {
    if (error || !isInTransaction(client)) return;
    log.error('a connection came back to the pool in a transaction: rolled back');
    client.query('rollback').catch(ignore);
  });

  /** @throws an outage when too many wait already */
  function queueUp(): void {
    if (pool.waitingCount >= MAX_WAITING)
      throw new Error(`Too many wait for a connection to PostgreSQL: ${MAX_WAITING}`);
  }

  const connect: Database['connect'] = (own) => openSession({ ...options, ...own });
  const listener = createListener({ connect, log });
  let stopped: Promise<void> | undefined;

  const database: Database = {
    // pg's overloads can't be spelled in a literal without repeating them.
    query: (async (...args: [string]) => {
      queueUp();
      return pool.query(...args);
    }) as unknown as Tx['query'],

    async transaction(fn, { statementMs, signal } = {}) {
      queueUp();
      const client = await pool.connect();
      // The pool listens to idle connections only: one that breaks between two queries of a transaction would end the process.
      client.on('error', ignore);
      try {
        signal?.throwIfAborted();
        return await transactOn(client, fn, { statementMs });
      } finally {
        client.off('error', ignore);
        // Not idle: the rollback failed as well, and the next one would work in what is left of this transaction.
        client.release(client.getTransactionStatus() !== 'I');
      }
    },

    listen: listener.listen,
    connect,

    async ping() {
      // Fails instead of waiting for a server that went silent.
      const query: BoundedQuery = { text: 'select clock_timestamp() as at', query_timeout: 2_000 };
      const { rows } = await database.query<{ at: Date }>(query);
      return rows[0]?.at ?? new Date(Number.NaN);
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
