import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { isOutage } from './isOutage.ts';
import { untilAvailable } from './untilAvailable.ts';

export type Stop = () => Promise<void>;

interface Subscription {
  channel: string;
  onNotify: (payload: string) => void;
}

/** Between the loss of the connection and the next attempt, so that a server that accepts and drops is not hammered. */
const PAUSE_MS = { least: 200, most: 5_000 };
/** How long stop() waits for a connection that is just being made or closed. It is closed all the same, a little later. */
const STOP_MS = 1_000;

/**
 * All LISTENs of a process share one connection, opened with the first and made again when it is lost.
 *
 * Who listens is a subscription only once PostgreSQL has taken its LISTEN, and whoever makes a connection listens to the channels of
 * all subscriptions on it before it tells them to look. So between any two of the things that happen here (a second listen(), a
 * loss, a connection that comes back), either the new connection knows a channel or its listen() has yet to ask for it.
 */
export function createListener({ connect, log }: { connect: () => Promise<pg.Client>; log: Logger }) {
  const subscriptions = new Set<Subscription>();
  const stopping = new AbortController();
  const { signal } = stopping;
  /** The one connection, or the one that is being made. */
  let connection: Promise<pg.Client> | undefined;
  let restoring = false;

  function connected(): Promise<pg.Client> {
    if (connection) return connection;
    const opening = open(() => forget(opening));
    opening.catch(() => forget(opening));
    connection = opening;
    return opening;
  }

  /** Only the one that is gone: another one may have been made since. */
  function forget(gone: Promise<pg.Client>): void {
    if (connection === gone) connection = undefined;
  }

  async function open(onLost: () => void): Promise<pg.Client> {
    const client = await connect();
    client.on('notification', ({ channel, payload }) => notify(channel, payload ?? ''));
    client.once('end', () => {
      onLost();
      void restore();
    });
    try {
      signal.throwIfAborted();
      for (const channel of channels()) await listenOn(client, channel);
      signal.throwIfAborted();
    } catch (error) {
      await client.end();
      throw error;
    }
    for (const channel of channels()) notify(channel, '');
    return client;
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
      const ended = connection?.then((client) => client.end()).catch(() => undefined);
      await Promise.race([ended, sleep(STOP_MS, undefined, { ref: false })]);
    },
  };
}

/** How long PostgreSQL may take to answer LISTEN: a connection that went silent would else be waited for, for ever. */
const LISTEN_MS = 5_000;

/** PostgreSQL takes it for said once, however often it is said. */
async function listenOn(client: pg.Client, channel: string): Promise<void> {
  // pg's types don't know query_timeout, its queries do.
  const query: pg.QueryConfig & { query_timeout: number } = {
    text: `listen ${client.escapeIdentifier(channel)}`,
    query_timeout: LISTEN_MS,
  };
  try {
    await client.query(query);
  } catch (error) {
    if (isOutage(error)) void client.end(); // it may not know yet that it is gone; its 'end' makes room for the next one
    throw error;
  }
}
