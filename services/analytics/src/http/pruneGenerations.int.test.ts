import type { RouteRequest } from '@brew/service';
import { expect, it } from '@jest/globals';
import { projections } from '../projections/index.ts';
import type { Projection } from '../projections/projection.ts';
import { createGeneration, listGenerations } from '../store/generations.ts';
import { useRig } from '../testing/rig.ts';
import { pruneGenerations } from './pruneGenerations.ts';

const rig = useRig();

it('says what is gone already when one of them is still read', async () => {
  const sales = projections.find(({ name }) => name === 'sales') as Projection;
  for (const _ of [1, 2]) await rig.db.transaction((tx) => createGeneration(tx, sales));
  const schemas = async () =>
    (await listGenerations(rig.db)).filter(({ state }) => state !== 'live').map(({ schema }) => schema);
  const [gone, held] = await schemas();
  const prune = () =>
    pruneGenerations(rig.context).handle({ body: { projections: ['sales'] } } as RouteRequest);

  const reader = await rig.db.connect();
  await reader.query(`begin; table ${held}.by_hour`);
  const refused = (sentence: string) => ({ status: 409, message: expect.stringContaining(sentence) });
  await expect(prune()).rejects.toMatchObject(refused(`Removed before it: ${gone}.`));
  await expect(prune()).rejects.toMatchObject(refused('Nothing was removed.'));
  await reader.end();
  expect(await prune()).toEqual({ status: 200, body: { schemas: [held] } });
  expect(await schemas()).toEqual([]);
});
