// Reads Brew's orders as a group of its own, and writes a receipt for each to a topic of its own. Ctrl-C ends it.
import { once } from 'node:events';
import { deadLetterTopic, OrderPlaced, topics } from '@brew/events';
import * as kafka from '@brew/kafka';
import { pino } from 'pino';

const { KAFKA_BROKERS = 'localhost:19092,localhost:19093,localhost:19094' } = process.env; // any one of them will do
const { SCHEMA_REGISTRY_URL = 'http://localhost:8081/apis/ccompat/v7' } = process.env;
const group = 'receipts';
const log = pino({ serializers: { err: kafka.describeError } });
const library = 'platformatic'; // or 'kafkajs'
const client = kafka.createKafkaClient({ brokers: KAFKA_BROKERS.split(','), clientId: group, library, log });

// Disposed of from the last to the first: the consumer commits and leaves its group, then the producers finish.
await using admin = kafka.createAdmin({ client, log });
const target = { name: 'receipts', partitions: 6, replicationFactor: 3, config: {} } as const;
await admin.ensureTopics([target, deadLetterTopic(group)]); // nobody else makes them
await using producer = kafka.createProducer({ client, log });
await using letters = kafka.createProducer({ client, log }); // so that no dead letter waits for other records
await Promise.all([producer.start(), letters.start()]);

const codec = kafka.createCodec({ registryUrl: SCHEMA_REGISTRY_URL, log });
await using consumer = kafka.createConsumer({
  client,
  group,
  topics: [topics.orders.name],
  from: 'beginning',
  wants: (record) => kafka.headerOf(record, 'ce_type') === OrderPlaced.type,
  // All of it, or throw. What was done already may come again, after a crash, a rebalance or an outage; and
  // the topic may hold an event twice, under the same id.
  async process(records) {
    const orders = (await codec.decodeAll(records)).map(({ data }) => data as OrderPlaced);
    const receipts = orders.map(({ orderId, total }) => ({
      topic: target.name,
      key: orderId, // decides the partition, and keeps the order of its records
      value: Buffer.from(JSON.stringify(total)),
      headers: { 'content-type': 'application/json' }, // {} if there are none
    }));
    await producer.send(receipts); // in all replicas in sync, or it goes on trying
    for (const { key, value } of receipts) console.log(`${key} ${value}`);
  },
  deadLetters: kafka.createDeadLetterQueue({ producer: letters, group }),
  log,
});
// Ctrl-C, or whoever runs it.
const interrupted = Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
await Promise.race([consumer.start(), interrupted]); // start() waits for brokers and topics, however long
await interrupted;
