import { expect, it } from '@jest/globals';
import { useRig } from '../testing/rig.ts';
import { sessionsIn } from './locks.ts';

const rig = useRig();

it('says for how long a session reads tables, unless PostgreSQL keeps that from another role', async () => {
  const reader = await rig.db.connect();
  await reader.query(`set application_name to 'a report'; begin; table sales_g1.by_hour`);
  expect(await sessionsIn(rig.db, ['sales_g1'])).toEqual([
    expect.stringMatching(/^a report \(pid \d+\), in a transaction for \d+ s$/),
  ]);
  const stranger = await rig.db.connect();
  await stranger.query('set role pg_checkpoint');
  expect(await sessionsIn(stranger, ['sales_g1'])).toEqual([
    expect.stringMatching(/^a report \(pid \d+\), in a transaction$/),
  ]);
  await stranger.end();
  await reader.end();
});
