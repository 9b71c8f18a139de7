import type pg from 'pg';

/**
 * Every wait for PostgreSQL has a bound: a network that drops packets says nothing at all, and whoever waited without one would wait for
 * hours. The server gives up first, and says so; the client a second later, for when the server's word does not arrive.
 */

/** Until a connection is there: made, or given back by somebody. */
const CONNECT_MS = 5_000;
/** One statement, also while it waits for a lock. Who needs longer says so. */
const STATEMENT_MS = 8_000;
/** How much longer than the server the client waits. */
const SLACK_MS = 1_000;
/** How long PostgreSQL keeps a transaction, or a session that somebody relies on, in which nothing happens. */
export const IDLE_MS = 12_000;

/** How the server finds out that a client is gone, frozen or cut off, even while it is sending something, or a statement is under way: within some 11 s. */
const SERVER_KEEPALIVE = [
  'tcp_keepalives_idle=5',
  'tcp_keepalives_interval=2',
  'tcp_keepalives_count=3',
  'tcp_user_timeout=10000',
  'client_connection_check_interval=1000',
];

export interface ClientOptions {
  url: string;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** What a statement may take, in milliseconds. Default: STATEMENT_MS. */
  statementMs?: number | undefined;
}

/** What all our connections have in common. */
export function clientConfig({
  url,
  applicationName,
  statementMs = STATEMENT_MS,
}: ClientOptions): pg.ClientConfig {
  return {
    connectionString: url,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_MS,
    statement_timeout: statementMs,
    query_timeout: answerWithin(statementMs),
    // It would hold its rows' locks, and vacuum back, for everybody.
    idle_in_transaction_session_timeout: IDLE_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    options: SERVER_KEEPALIVE.map((setting) => `-c ${setting}`).join(' '),
  };
}

/** How long the client waits for the answer to a statement that may take `statementMs`. */
export const answerWithin = (statementMs: number): number => statementMs + SLACK_MS;

/** pg's types don't know it, its queries do: how long to wait for the answer, in milliseconds. */
export type BoundedQuery = pg.QueryConfig & { query_timeout: number };

/** How long a connection may take to be closed: one that is half open never says that it is. */
const CLOSE_MS = 1_000;

/** Closes a connection, and does not wait for a server that does not answer. */
export async function close(client: pg.Client): Promise<void> {
  const late = setTimeout(() => destroy(client), CLOSE_MS);
  await client.end().catch(() => undefined);
  clearTimeout(late);
}

/** Hangs up at once: what waits for an answer fails. */
export function destroy(client: pg.Client): void {
  // pg's types don't know it. There is no other way to a socket on which nothing arrives any more.
  (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
}
