import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Logger } from 'pino';
import { untilAvailable } from './untilAvailable.ts';

export type Stop = () => Promise<void>;

interface Subscription {
  channel: string;
  onNotify: (payload: string) => void;
}

/** All LISTENs of a process share one connection, opened with the first and made again when it is lost. */
export function createListener({ connect, log }: { connect: () => Promise<pg.Client>; log: Logger }) {
  const subscriptions = new Set<Subscription>();
  const stopping = new AbortController();
  let client: pg.Client | undefined;
  let opening: Promise<void> | undefined;

  async function open(): Promise<void> {
    const opened = await untilAvailable(connect, { log, signal: stopping.signal });
    opened.on('notification', ({ channel, payload }) => notify(channel, payload ?? ''));
    opened.once('end', () => {
      if (client === opened) client = undefined;
      reopen();
    });
    try {
      for (const channel of channels()) await opened.query(`listen ${opened.escapeIdentifier(channel)}`);
    } catch (error) {
      await opened.end(); // its 'end' starts the next attempt
      throw error;
    }
    client = opened;
    for (const channel of channels()) notify(channel, '');
  }

  const ensureOpen = (): Promise<void> => {
    opening ??= open().finally(() => {
      opening = undefined;
    });
    return opening;
  };

  function reopen(): void {
    if (stopping.signal.aborted || subscriptions.size === 0) return;
    log.warn('LISTEN connection lost, connecting again');
    // The pause keeps a server that accepts and drops connections from being hammered.
    sleep(200, undefined, { signal: stopping.signal })
      .then(ensureOpen)
      .catch((error: Error) => {
        if (!stopping.signal.aborted)
          log.warn({ reason: error.message }, 'LISTEN connection not restored yet');
      });
  }

  const channels = () => new Set([...subscriptions].map(({ channel }) => channel));

  function notify(channel: string, payload: string): void {
    for (const subscription of subscriptions) {
      if (subscription.channel === channel) subscription.onNotify(payload);
    }
  }

  return {
    async listen(channel: string, onNotify: (payload: string) => void): Promise<Stop> {
      const subscription = { channel, onNotify };
      subscriptions.add(subscription);
      if (client) await client.query(`listen ${client.escapeIdentifier(channel)}`);
      else await ensureOpen();
      return async () => {
        subscriptions.delete(subscription);
      };
    },
    async stop(): Promise<void> {
      stopping.abort();
      subscriptions.clear();
      await client?.end();
    },
  };
}
