import { eventTypeOf, topics } from '@brew/events';
import { createCodec, createFollower, createKafkaClient, type ReceivedRecord } from '@brew/kafka';
import { pino } from 'pino';
import type { Addresses } from '../addresses.ts';
import type { Board } from './board.ts';

export interface Feed extends AsyncDisposable {
  /** Why nothing comes, if it is known that nothing can. */
  problem(): string | undefined;
}

/** Reads every topic from now on into the board, as a reader beside all others. Starts at once, waits for nothing. */
export function startFeed(board: Board, { brokers, registryUrl }: Addresses): Feed {
  const log = pino({ level: 'silent' });
  const codec = createCodec({ registryUrl, log });
  const follower = createFollower({
    client: createKafkaClient({ brokers, clientId: 'brew-up', log }),
    name: 'brew-up',
    topics: Object.values(topics).map(({ name }) => name),
    from: 'now',
    log,
    onRecords: (records) => show(records),
  });

  async function show(records: ReceivedRecord[]): Promise<void> {
    for (const record of records) {
      // Tombstones and what other programs write are nothing to show here; `brew watch` shows them.
      if (record.value === null || eventTypeOf(record.headers.ce_type ?? '') === undefined) continue;
      const event = await codec.decode(record).catch(() => undefined);
      if (event) board.see(event, Date.now());
    }
  }

  follower.start().catch(() => {}); // it rejects only when it is stopped
  return {
    problem: () =>
      follower.lastError === undefined
        ? undefined
        : 'The topics can not be read at the moment; the numbers stand still.',
    [Symbol.asyncDispose]: () => follower.stop(),
  };
}
