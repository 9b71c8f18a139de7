import { createConsumer, createKafkaClient, createProducer, type DeadLetters } from '@brew/kafka';
import { createPipeline } from '@brew/kafka/pipeline';
import { createReader } from '@brew/kafka/reader';
import { pino } from 'pino';
import type { Library } from '../../../packages/kafka/src/client.ts';
import type { Client, Cluster } from './client.ts';
import { tell } from './tell.ts';

const log = pino({ level: 'warn' }, pino.destination({ dest: 2, sync: true }));

/** Brew's client, on either of its libraries. */
export function brewClient(library: Library, { via, ...cluster }: Cluster): Client {
  const client = createKafkaClient({
    ...cluster,
    library,
    log,
    async via({ host, port }) {
      const to = via[`${host}:${port}`];
      if (to === undefined) return { host, port };
      const colon = to.lastIndexOf(':');
      return { host: to.slice(0, colon), port: Number(to.slice(colon + 1)) };
    },
  });
  return {
    async produce() {
      const producer = createProducer({ client, log });
      await producer.start();
      return {
        send: (topic, records) =>
          producer.send(
            records.map(({ key, value }) => ({ topic, key, value: Buffer.from(value), headers: {} })),
          ),
        end: () => producer.stop(),
      };
    },

    async consume({ group, topic, sessionTimeoutMs }, handle) {
      let discarded = false;
      const consumer = createConsumer({
        client,
        group,
        topics: [topic],
        from: 'beginning',
        process: (records) =>
          handle(
            records.map(({ partition, offset, key, value }) => {
              return { partition, offset, key: key ?? '', value: value?.toString() ?? '' };
            }),
          ),
        deadLetters: toldLetters(() => discarded),
        log,
        ...(sessionTimeoutMs && { sessionTimeoutMs }),
      });
      await consumer.start();
      return {
        end: () => consumer.stop(),
        discard() {
          discarded = true;
        },
      };
    },

    async read({ topic }, handle) {
      const reader = createReader({ client, log });
      const stop = new AbortController();
      const starts = await reader.offsets([topic], 'earliest');
      const ranges = starts.map(({ partition, offset }) => ({ topic, partition, from: offset }));
      const reading = (async () => {
        for await (const chunk of reader.read(ranges, { signal: stop.signal })) {
          const records = [];
          while (chunk.next()) {
            const { partition, offset } = chunk;
            records.push({
              partition,
              offset,
              key: chunk.keyText() ?? '',
              value: String(chunk.value() ?? ''),
            });
          }
          await handle(records);
        }
      })().catch((error: Error) => stop.signal.aborted || tell({ gaveUp: error.message }));
      return {
        async end() {
          stop.abort();
          await reading;
          await reader.close();
        },
      };
    },

    async pipe({ from, to, group }) {
      const pipeline = createPipeline({
        client,
        group,
        topics: [from],
        process: ({ key, value, headers }) => [{ topic: to, key, value, headers }],
        log,
      });
      const stop = new AbortController();
      const running = pipeline
        .run({ signal: stop.signal })
        .catch((error: Error) => tell({ gaveUp: error.message }));
      return {
        async end() {
          stop.abort();
          await running;
        },
      };
    },
  };
}

/** Dead letters that are told instead of kept: there are to be none, but for what was deleted before it was read. */
function toldLetters(isDiscarded: () => boolean): DeadLetters {
  return {
    behindParked: async () => new Set(),
    async park(letters) {
      tell({ alarm: `parked ${letters.length} records` });
      return new Set();
    },
    async tell({ topic, partition, firstOffset, lastOffset, why }) {
      tell({ alarm: `${why}: ${topic}/${partition}, offsets ${firstOffset} to ${lastOffset}` });
    },
    isDiscarded: async () => isDiscarded(),
  };
}
