import type { Sender } from '../../adapter.ts';
import { backoff } from '../../backoff.ts';
import { type KafkaClient, optionsOf } from '../../client.ts';
import { delay } from '../../delay.ts';
import { createBrokers } from '../../wire/brokers.ts';
import { initProducerIdV5 } from '../../wire/protocol.ts';
import { answerOf, isPassing, kafkaError } from '../../wire/protocolErrors.ts';
import { createDelivery, type Delivery } from './producing/delivery.ts';

/**
 * How long one sender tries, in milliseconds. Longer than it takes a cluster to notice that a broker is dead (9 s) and to elect others, since
 * as long as it is the same one nothing is written twice.
 */
const PATIENCE_MS = 15_000;
/** Portions of nearly a MiB each: so many keep three brokers busy, with five requests for each of them. */
const WINDOW = 8;
const RETRY = { initialMs: 50, maxMs: 500 };
const BEGIN = 'begin to write';

export function createSender(client: KafkaClient): Sender {
  const { compression = 'none' } = optionsOf(client);
  const brokers = createBrokers(client);
  let connecting: Promise<Delivery> | undefined;
  let delivery: Delivery | undefined;
  let ended: Error | undefined;

  /** Brokers give ids out by the thousand, and one that has just started has none yet: a moment later it has. */
  async function askForId(): Promise<initProducerIdV5.InitProducerIdResponse> {
    const giveUpAt = performance.now() + PATIENCE_MS;
    for (let failures = 1; ; failures++) {
      const answer = await brokers.ask(BEGIN, (connection) =>
        answerOf(initProducerIdV5.api.async(connection, null, 0)),
      );
      const { errorCode } = answer;
      if (errorCode === 0) return answer;
      if (!isPassing(errorCode) || performance.now() > giveUpAt) throw kafkaError(BEGIN, errorCode);
      await delay(backoff(failures, RETRY, Math.random()));
    }
  }

  async function connect(): Promise<Delivery> {
    const { producerId: id, producerEpoch: epoch } = await askForId();
    delivery = createDelivery({
      brokers,
      producer: { id, epoch },
      compression,
      patienceMs: PATIENCE_MS,
    });
    if (ended) delivery.fail(ended);
    return delivery;
  }

  return {
    window: WINDOW,
    async connect() {
      connecting ??= connect();
      await connecting;
    },
    async send(records) {
      if (!delivery)
        return {
          placements: [],
          unsent: [{ records, refusal: undefined }],
          outage: ended ?? new Error('it is not connected'),
        };
      return await delivery.send(records);
    },
    resume: () => delivery?.resume(),
    get usable() {
      return ended === undefined && delivery?.failure === undefined;
    },
    async disconnect() {
      ended ??= new Error('the sender was closed');
      delivery?.fail(ended);
      await brokers.close();
    },
    cut(reason) {
      ended ??= reason;
      delivery?.fail(reason);
      brokers.cut(reason);
    },
  };
}
