import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from 'pino';
import type { Session } from './session.ts';
import { untilAvailable } from './untilAvailable.ts';

export type Stop = () => Promise<void>;

interface Subscription {
  channel: string;
  onNotify: (payload: string) => void;
}

/** Between the loss of the connection and the next attempt, so that a server that accepts and drops is not hammered. */
const PAUSE_MS = { least: 200, most: 2_000 };
/** How long stop() waits for a connection that is just being made or closed. It is closed all the same, a little later. */
const STOP_MS = 1_000;

/**
 * All LISTENs of a process share one connection, opened with the first and made again when it is lost.
 *
 * Who listens is a subscription only once PostgreSQL has taken its LISTEN, and whoever makes a connection listens to the channels of
 * all subscriptions on it before it tells them to look. So between any two of the things that happen here (a second listen(), a
 * loss, a connection that comes back), either the new connection knows a channel or its listen() has yet to ask for it.
 */
export function createListener({ connect, log }: { connect: () => Promise<Session>; log: Logger }) {
  const subscriptions = new Set<Subscription>();
  const stopping = new AbortController();
  const { signal } = stopping;
  /** The one connection, or the one that is being made. */
  let connection: Promise<Session> | undefined;
  let restoring = false;

  function connected(): Promise<Session> {
    if (connection) return connection;
    const opening = open(() => forget(opening));
    opening.catch(() => forget(opening));
    connection = opening;
    return opening;
  }

  /** Only the one that is gone: another one may have been made since. */
  function forget(gone: Promise<Session>): void {
    if (connection === gone) connection = undefined;
  }

  async function open(onLost: () => void): Promise<Session> {
    const session = await connect();
    session.onNotification(notify);
    const lost = () => {
      onLost();
      void restore();
    };
    if (session.lost.aborted) lost();
    session.lost.addEventListener('abort', lost, { once: true });
    try {
      signal.throwIfAborted();
      for (const channel of channels()) await listenOn(session, channel);
      signal.throwIfAborted();
    } catch (error) {
      await session.end();
      throw error;
    }
    for (const channel of channels()) notify(channel, '');
    return session;
  }

  /** After a loss: nobody else would notice that there is a connection to be made. */
  async function restore(): Promise<void> {
    if (restoring || signal.aborted || subscriptions.size === 0) return;
    restoring = true;
    log.warn('LISTEN connection lost, connecting again');
    for (let pause = PAUSE_MS.least; restoring; pause = Math.min(pause * 2, PAUSE_MS.most)) {
      try {
        await sleep(pause, undefined, { signal });
        await connected();
        restoring = false;
      } catch (error) {
        if (signal.aborted) restoring = false;
        else log.warn({ reason: (error as Error).message }, 'LISTEN connection not restored yet');
      }
    }
  }

  const channels = () => new Set([...subscriptions].map(({ channel }) => channel));

  function notify(channel: string, payload: string): void {
    for (const subscription of subscriptions) {
      if (subscription.channel === channel) tell(subscription, payload);
    }
  }

  /** What a listener throws is neither the connection's nor the other listeners' fault. */
  function tell({ channel, onNotify }: Subscription, payload: string): void {
    try {
      onNotify(payload);
    } catch (error) {
      log.error({ err: error, channel }, 'a listener failed');
    }
  }

  return {
    async listen(channel: string, onNotify: (payload: string) => void): Promise<Stop> {
      const attempt = async () => listenOn(await connected(), channel);
      await untilAvailable(attempt, { log, signal });
      const subscription = { channel, onNotify };
      subscriptions.add(subscription);
      tell(subscription, '');
      return async () => {
        subscriptions.delete(subscription);
      };
    },
    async stop(): Promise<void> {
      stopping.abort();
      subscriptions.clear();
      const ended = connection?.then((session) => session.end()).catch(() => undefined);
      await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
    },
  };
}

/** PostgreSQL takes it for said once, however often it is said. */
const listenOn = (session: Session, channel: string) =>
  session.query(`listen ${pg.escapeIdentifier(channel)}`);
