import { BrewError, eventTypeOf } from '@brew/events';
import { createCodec, createFollower, createKafkaClient, type ReceivedRecord } from '@brew/kafka';
import { pino } from 'pino';
import type { Addresses } from '../addresses.ts';
import { decodeEvent } from '../decodeEvent.ts';
import type { Board } from './board.ts';

export interface Feed extends AsyncDisposable {
  /** Resolves when it reads: what is published from then on is seen. */
  reading: Promise<void>;
  /** Why nothing comes, if it is known that nothing can. */
  problem(): string | undefined;
}

/** Reads topics from now on into the board, as a reader beside all others. Starts at once, waits for nothing. */
export function startFeed(
  board: Board,
  topics: readonly string[],
  { brokers, registryUrl }: Pick<Addresses, 'brokers' | 'registryUrl'>,
): Feed {
  const log = pino({ level: 'silent' });
  const codec = createCodec({ registryUrl, log });
  const follower = createFollower({
    client: createKafkaClient({ brokers, clientId: 'brew-up', log }),
    name: 'brew-up',
    topics: [...topics],
    from: 'now',
    log,
    onRecords: (records) => show(records),
  });

  async function show(records: ReceivedRecord[]): Promise<void> {
    // Tombstones and what other programs write are nothing to show here; `brew watch` shows them.
    const ours = records.filter(
      ({ value, headers }) => value !== null && eventTypeOf(headers.ce_type ?? '') !== undefined,
    );
    // All before the first is shown: in an outage they come again.
    const events = await Promise.all(ours.map((record) => decodeEvent(codec, record)));
    for (const event of events) if (!(event instanceof BrewError)) board.see(event, Date.now());
  }

  const reading = follower.start();
  reading.catch(() => {}); // it rejects only when it is stopped
  return {
    reading,
    problem: () =>
      follower.lastError === undefined
        ? undefined
        : 'The topics can not be read at the moment; the numbers stand still.',
    [Symbol.asyncDispose]: () => follower.stop(),
  };
}
