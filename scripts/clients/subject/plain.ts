import { connect } from 'node:net';
import { pathToFileURL } from 'node:url';
import type kafkajs from 'kafkajs';
import type { ISocketFactory } from 'kafkajs';
import { plainKafkajs } from '../plainKafkajs.ts';
import type { Client, Cluster } from './client.ts';
import { tell } from './tell.ts';

/** As it is without our patch, which leaves the walk over a batch to Brew. */
interface PlainBatch {
  partition: number;
  messages: { key: Buffer | null; value: Buffer | null }[];
  lastOffset(): string;
}

/** kafkajs 2.2.4 as it comes, used as its documentation shows it. */
export async function plainClient({ brokers, clientId, via }: Cluster): Promise<Client> {
  const library = (await import(pathToFileURL(plainKafkajs).href)) as { default: typeof kafkajs };
  const { Kafka, logLevel } = library.default;
  const kafka = new Kafka({
    clientId,
    brokers,
    logLevel: logLevel.ERROR,
    ...(Object.keys(via).length > 0 && { socketFactory: socketsBy(via) }),
  });

  // https://kafka.js.org/docs/consuming: a new group has to read from the beginning, or nobody could tell what it missed.
  async function subscribed(groupId: string, topic: string, config = {}) {
    const consumer = kafka.consumer({ groupId, ...config });
    consumer.on(consumer.events.CRASH, ({ payload: { error, restart } }) =>
      tell(restart ? { told: error.message } : { gaveUp: error.message }),
    );
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    return consumer;
  }

  return {
    // https://kafka.js.org/docs/producing
    async produce() {
      const producer = kafka.producer({ idempotent: true });
      await producer.connect();
      return {
        async send(topic, records) {
          await producer.send({ topic, messages: [...records] });
        },
        end: () => producer.disconnect(),
      };
    },

    async consume({ group, topic, sessionTimeoutMs }, handle) {
      const consumer = await subscribed(
        group,
        topic,
        sessionTimeoutMs && { sessionTimeout: sessionTimeoutMs },
      );
      await consumer.run({
        eachMessage: ({ partition, message }) =>
          handle([
            {
              partition,
              offset: BigInt(message.offset),
              key: String(message.key),
              value: String(message.value),
            },
          ]),
      });
      return { end: () => consumer.disconnect() };
    },

    read() {
      throw new Error('kafkajs reads as a member of a group, and not otherwise');
    },

    // https://kafka.js.org/docs/transactions: consume, transform, produce.
    async pipe({ from, to, group }) {
      const producer = kafka.producer({
        transactionalId: `${group}.pipe`,
        maxInFlightRequests: 1,
        idempotent: true,
      });
      await producer.connect();
      const consumer = await subscribed(group, from);
      await consumer.run({
        autoCommit: false,
        async eachBatch(payload) {
          const batch = payload.batch as unknown as PlainBatch;
          const transaction = await producer.transaction();
          try {
            await transaction.send({
              topic: to,
              messages: batch.messages.map(({ key, value }) => ({ key, value })),
            });
            await transaction.sendOffsets({
              consumerGroupId: group,
              topics: [
                {
                  topic: from,
                  partitions: [
                    { partition: batch.partition, offset: String(BigInt(batch.lastOffset()) + 1n) },
                  ],
                },
              ],
            });
            await transaction.commit();
          } catch (error) {
            await transaction.abort();
            throw error;
          }
        },
      });
      return {
        async end() {
          await consumer.disconnect();
          await producer.disconnect();
        },
      };
    },
  };
}

/** As kafkajs' own does it, by way of the proxies. */
const socketsBy =
  (via: Cluster['via']): ISocketFactory =>
  ({ host, port, onConnect }) => {
    const [toHost = host, toPort = port] = via[`${host}:${port}`]?.split(':') ?? [];
    const socket = connect({ host: toHost, port: Number(toPort) }, onConnect);
    socket.setKeepAlive(true, 60_000);
    return socket;
  };
