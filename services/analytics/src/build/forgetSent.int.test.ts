import { OrderPlaced } from '@brew/events';
import { expect, it } from '@jest/globals';
import { placed } from '../testing/orders.ts';
import { useRig } from '../testing/rig.ts';
import { forgetSent } from './forgetSent.ts';

const rig = useRig();

it('forgets what was sent to the dead letters when it is old and the topics do not hold it any more', async () => {
  const topic = rig.topicOf(OrderPlaced);
  const poison = (name: string) => {
    const record = rig.record(OrderPlaced, placed(name));
    return { ...record, value: Buffer.from('no event') };
  };
  const sent = async () =>
    (
      await rig.db.query<{ days: number }>(
        'select extract(day from now() - sent_at)::int as days from dead_letters order by days',
      )
    ).rows.map(({ days }) => days);
  const age = (days: number) =>
    rig.db.query(`update dead_letters set sent_at = sent_at - $1 * interval '1 day'`, [days]);
  const pruned = async () => {
    const worker = forgetSent(rig.context, rig.topics);
    await worker.start(new AbortController().signal, rig.context.log);
    await worker.stop(); // when the first run is over
    return await sent();
  };

  await rig.send(poison('old'));
  await rig.project();
  await age(91);
  expect(await pruned()).toEqual([91]);
  await rig.send(poison('new'));
  await rig.project();
  await rig.deleteRecords(topic);
  await rig.send(poison('held'));
  await rig.project();
  await rig.db.query(
    `update dead_letters set sent_at = now() - interval '95 days' where sent_at = (select max(sent_at) from dead_letters)`,
  );
  expect(await sent()).toEqual([0, 91, 95]);
  // What is young, and what the topic holds.
  expect(await pruned()).toEqual([0, 95]);
  expect(rig.letters).toHaveLength(3);
});
