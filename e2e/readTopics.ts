import { deadLetterTopic, topics } from '@brew/events';
import { createFollower, createKafkaClient, type ReceivedRecord } from '@brew/kafka';
import { pino } from 'pino';

const log = pino({ level: 'silent' });
const groups = ['order', 'catalog', 'kitchen', 'courier', 'analytics'] as const;

/** The topics whose records have an order's id as their key. */
export const orderTopics = Object.values(topics)
  .filter(({ key }) => key === 'orderId')
  .map(({ name }) => name);

/** Where what nobody could process would be. */
export const deadLetterTopics = groups.map((group) => deadLetterTopic(group).name);

/** All that is in these topics now: in order per partition, as Kafka has it. */
export async function readTopics(brokers: string[], names: readonly string[]): Promise<ReceivedRecord[]> {
  const all: ReceivedRecord[] = [];
  await using follower = createFollower({
    client: createKafkaClient({ brokers, clientId: 'e2e-reader', log }),
    name: 'e2e-reader',
    topics: [...names],
    from: 'beginning',
    onRecords: (records) => void all.push(...records),
    log,
  });
  await follower.start();
  await follower.whenCaughtUp();
  return all;
}
