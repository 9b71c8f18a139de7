import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createParkedKeys } from './parkedKeys.ts';
import { createRig, type Rig } from './testing/rig.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
});
afterAll(() => rig.stop());

it('remembers parked keys by topic, however often they are parked', async () => {
  const parked = createParkedKeys(rig.db);
  await parked.add('orders', 'o-1');
  await parked.add('orders', 'o-1');
  expect(await parked.has('orders', ['o-1', 'o-2'])).toEqual(new Set(['o-1']));
  expect(await parked.has('payments', ['o-1'])).toEqual(new Set());
});
