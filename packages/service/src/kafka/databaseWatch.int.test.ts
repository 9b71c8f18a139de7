import { createKafkaClient } from '@brew/kafka';
import { createInspector } from '@brew/kafka/inspect';
import { createProxy } from '@brew/postgres/testing';
import { infrastructure, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { pino } from 'pino';
import type { Readiness } from '../http/health.ts';
import { createLetterBench, type LetterBench } from '../testing/letterBench.ts';

let bench: LetterBench;
beforeAll(async () => {
  bench = await createLetterBench();
});
afterAll(async () => {
  await bench?.clear();
  await bench?.rig.stop();
});

/** One for each of so many orders: some in each partition. */
const names = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `spread${from + i}/1`);

it('an instance that is cut off from PostgreSQL leaves its partitions to the others, and comes back', async () => {
  await using proxy = await createProxy(bench.rig.url);
  const { brokers } = infrastructure();
  const client = createKafkaClient({ brokers, clientId: 'test', log: pino({ level: 'silent' }) });
  await using inspector = createInspector({ client });
  const members = async () =>
    (await inspector.group(bench.rig.name)).members.filter(({ assigned }) => assigned.length > 0).length;
  await bench.start();
  const cutOff = await bench.start({ env: { DATABASE_URL: proxy.url } });
  await until(async () => (await members()) === 2, { what: 'both to have partitions' });
  await bench.send(...names(1, 30));
  await Promise.all(names(1, 30).map(bench.handled));

  proxy.hold();
  await bench.send(...names(31, 60));
  await Promise.all(names(31, 60).map(bench.handled));
  // Its partitions go first; why, it says when it has put down all that it had in hand.
  const consumer = async () =>
    ((await (await fetch(`${cutOff.url}/health/ready`)).json()) as Readiness).dependencies.consumer;
  await until(
    async () => {
      const { up, detail } = (await consumer()) ?? {};
      return up === false && detail?.includes('another one may do its part');
    },
    { what: 'it to say that another one may do its part' },
  );

  proxy.restore();
  await until(async () => (await members()) === 2, { what: 'it to have partitions again' });
  const keys = names(1, 60).map((name) => name.replace('/1', ''));
  expect((await bench.effects(...keys)).toSorted()).toEqual(names(1, 60).toSorted());
});
