import { OrderPlaced, uuidv7 } from '@brew/events';
import { createKafkaClient } from '@brew/kafka';
import { alterTopic } from '@brew/kafka/testing';
import { messagingMigrations, migrate } from '@brew/postgres';
import { infrastructure } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createServiceRig, type ServiceRig } from '../testing/serviceRig.ts';
import { inboxPruning } from './inboxPruning.ts';

const DAY_MS = 24 * 60 * 60 * 1_000;
let rig: ServiceRig;
let topic: string;

beforeAll(async () => {
  rig = await createServiceRig('select 1');
  await migrate({ url: rig.url, directories: [messagingMigrations], log: rig.log });
  const here = rig.here(OrderPlaced);
  topic = here.topic.name;
  await rig.createTopics([here]);
});
afterAll(() => rig?.stop());

/** Prunes once. @returns how many days old the events are that are left */
async function prune(brokers = infrastructure().brokers): Promise<number[]> {
  const client = createKafkaClient({ brokers, clientId: 'pruning', log: rig.log });
  const pruning = inboxPruning({ db: rig.db, client, topics: [topic] });
  await pruning.start(new AbortController().signal, rig.log);
  await pruning.stop(); // when the first run is over
  const { rows } = await rig.db.query<{ days: number }>(
    'select extract(day from now() - claimed_at)::int as days from inbox order by days',
  );
  return rows.map(({ days }) => days);
}

it('forgets what the topics can not hold any more, as they are set on the cluster now', async () => {
  for (const days of [1, 11, 37, 39]) {
    await rig.db.query('insert into inbox values ($1, now() - make_interval(days => $2, hours => 1))', [
      uuidv7(),
      days,
    ]);
  }
  await alterTopic(topic, { 'retention.ms': '-1' });
  expect(await prune()).toEqual([1, 11, 37, 39]);
  // Thirty days, a segment of seven, and one on top.
  await alterTopic(topic, { 'retention.ms': String(30 * DAY_MS) });
  expect(await prune()).toEqual([1, 11, 37]);
  await alterTopic(topic, { 'retention.ms': String(2 * DAY_MS) });
  expect(await prune()).toEqual([1]);
});

it('forgets nothing while Kafka does not say how long that is', async () => {
  expect(await prune(['localhost:1'])).toEqual([1]);
});
