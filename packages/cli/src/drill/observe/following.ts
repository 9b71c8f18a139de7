import { BrewError, type Event, type OrderCancelled, orderTopics } from '@brew/events';
import { createCodec, type KafkaClient } from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import { pino } from 'pino';
import { decodeEvent } from '../../decodeEvent.ts';
import { type Breach, createLedger } from '../../verify/ledger.ts';
import { toSeen } from '../../verify/seen.ts';

/** How an order ended. */
export interface OrderEnd {
  how: 'delivered' | 'cancelled';
  /** Why it was cancelled, such as payment_failed. */
  reason?: string | undefined;
}

/** What the topics tell of all orders since it began. */
export interface Following extends AsyncDisposable {
  readonly ends: ReadonlyMap<string, OrderEnd>;
  /** Whether any event of an order has come. */
  knows(orderId: string): boolean;
  /** What can't be right of orders that have ended: see the ledger of `brew verify`. */
  breaches(): Breach[];
  /** Why nothing is read any more, such as records that are lost. */
  readonly failure: unknown;
}

/**
 * Reads every event of orders from now on.
 * @throws BrokerUnavailableError, TopicMissingError; brokers that go away later are waited for
 */
export async function followOrders(client: KafkaClient, registryUrl: string): Promise<Following> {
  const log = pino({ level: 'silent' });
  const reader = createReader({ client, log });
  const codec = createCodec({ registryUrl, log });
  const topics = orderTopics.map(({ name }) => name);
  const stop = new AbortController();
  const ledger = createLedger();
  const ends = new Map<string, OrderEnd>();
  const known = new Set<string>();
  let failure: unknown;

  function take(event: Event): void {
    const { type, correlationId, data } = event;
    known.add(correlationId);
    if (type.name === 'OrderDelivered') ends.set(correlationId, { how: 'delivered' });
    if (type.name === 'OrderCancelled')
      ends.set(correlationId, { how: 'cancelled', reason: (data as OrderCancelled).reason });
  }

  const latest = await reader.offsets(topics, 'latest').catch(async (error) => {
    await reader.close();
    throw error;
  });
  const ranges = latest.map(({ topic, partition, offset }) => ({
    ...{ topic, partition, from: offset },
    until: undefined,
  }));

  async function readAll(): Promise<void> {
    for await (const records of reader.read(ranges, { signal: stop.signal })) {
      while (records.next()) {
        const record = records.received();
        // What is no event is none of an order's; `brew verify` shows it.
        const event = await decodeEvent(codec, record);
        if (event instanceof BrewError) continue;
        ledger.take(event.correlationId, toSeen(record, event));
        take(event);
      }
    }
  }
  const reading = readAll().catch((error) => {
    if (!stop.signal.aborted) failure = error;
  });

  return {
    ends,
    knows: (orderId) => known.has(orderId),
    breaches: () => ledger.breaches(Date.now(), Number.POSITIVE_INFINITY),
    get failure() {
      return failure;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await reader.close();
      await reading;
    },
  };
}
