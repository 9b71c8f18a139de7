import pg from 'pg';
import { type BoundedQuery, type ClientOptions, clientConfig, close, destroy, IDLE_MS } from './client.ts';
import type { Tx } from './transactOn.ts';

/**
 * A connection of one's own, for what is tied to a session: advisory locks and LISTEN.
 *
 * It is a lease. PostgreSQL ends the session by itself, and with it its locks, once nothing has been heard of its holder for 12 s: frozen, cut
 * off, or without power. So the holder asks something every 3 s, and knows within seconds when the session is gone.
 */
export interface Session extends Tx, AsyncDisposable {
  /** Aborted when the connection is gone, or was ended. */
  readonly lost: AbortSignal;
  /**
   * Whether the session is there, and so what it has locked. Answers at once if PostgreSQL was heard within the last seconds, and asks it
   * otherwise: after a process was frozen, nobody has told it yet what happened meanwhile. Ask right before doing what only
   * the holder may do.
   */
  isHeld(): Promise<boolean>;
  /** Called for each notification on a channel that this session listens to. */
  onNotification(tell: (channel: string, payload: string) => void): void;
  /** Idempotent. The session's locks end with it. */
  end(): Promise<void>;
}

export interface SessionOptions extends ClientOptions {
  /** Aborted when nobody wants it any more: whatever is asked then fails with the signal's reason, also what is under way, and the session is gone. */
  signal?: AbortSignal | undefined;
}

/** How often something is asked while nobody else does, and how long the answer may take. */
const PING_MS = 3_000;
/** Since a statement that was answered, PostgreSQL has kept the session for at least this long, and for as long again. */
const SURE_MS = IDLE_MS / 2;

/** @throws an outage when PostgreSQL does not answer; the signal's reason */
export async function openSession({ signal, ...options }: SessionOptions): Promise<Session> {
  // In a pipeline, pg hangs up by itself when an answer does not come in time.
  const client = new pg.Client({ ...clientConfig(options), pipeline: true });
  client.on('error', ignore); // who uses it learns from its queries and from `lost`
  const lost = new AbortController();
  client.once('end', () => lost.abort(new Error('Connection terminated: the session is gone')));
  /** When the last statement was sent that was answered. */
  let aliveAt = performance.now();
  let underWay = 0;

  function query(...args: [string]): Promise<pg.QueryResult> {
    const sentAt = performance.now();
    underWay += 1;
    const result = client.query(...args).catch((error) => {
      throw signal?.aborted ? signal.reason : error;
    });
    const answered = () => {
      aliveAt = Math.max(aliveAt, sentAt);
    };
    result
      .then(answered, (error) => {
        // Said of the statement, not of the session: an answer as well.
        if (error instanceof pg.DatabaseError && error.severity === 'ERROR') answered();
      })
      .finally(() => {
        underWay -= 1;
      });
    return result;
  }

  try {
    signal?.throwIfAborted();
    signal?.addEventListener('abort', () => hangUp(signal.reason), { signal: lost.signal });
    await client.connect();
    aliveAt = performance.now();
    await query(`set idle_session_timeout = ${IDLE_MS}`);
  } catch (error) {
    await close(client);
    throw signal?.aborted ? signal.reason : error;
  }
  let tickedAt = performance.now();
  const pinging = setInterval(() => {
    if (lost.signal.aborted) return clearInterval(pinging);
    const stoodStillMs = performance.now() - tickedAt - PING_MS;
    tickedAt = performance.now();
    if (stoodStillMs > SURE_MS)
      return hangUp(
        new Error('Connection terminated: this process stood still, and the session may be gone'),
      );
    const ping: BoundedQuery = { text: 'select 1', query_timeout: PING_MS };
    if (underWay === 0) query(ping as unknown as string).catch(ignore);
  }, PING_MS);

  /** After a thaw timers come first: who holds this session knows before anything else goes on that waited for an answer. */
  function hangUp(reason: unknown): void {
    lost.abort(reason);
    destroy(client);
  }

  let ended: Promise<void> | undefined;
  const session: Session = {
    query: query as Tx['query'],
    lost: lost.signal,
    async isHeld() {
      if (lost.signal.aborted) return false;
      if (performance.now() - aliveAt < SURE_MS) return true;
      await query('select 1').catch(ignore);
      return !lost.signal.aborted && performance.now() - aliveAt < SURE_MS;
    },
    onNotification(tell) {
      client.on('notification', ({ channel, payload }) => tell(channel, payload ?? ''));
    },
    end() {
      ended ??= (lost.signal.aborted ? Promise.resolve() : close(client)).then(() => {
        clearInterval(pinging);
        lost.abort(new Error('Connection terminated: the session was ended'));
      });
      return ended;
    },
    [Symbol.asyncDispose]: () => session.end(),
  };
  return session;
}

function ignore(): void {}
