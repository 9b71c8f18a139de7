import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createLetterBench, type LetterBench } from '../testing/letterBench.ts';
import { handle } from './handle.ts';

let bench: LetterBench;
beforeAll(async () => {
  bench = await createLetterBench();
});
afterAll(async () => {
  await bench?.clear();
  await bench?.rig.stop();
});

it('waits for a table that is locked for long, and makes no dead letters of the records that need it', async () => {
  let timedOut = 0;
  const onPlaced = handle(bench.Placed, async ({ data: { customer } }, { tx }) => {
    await tx.query(`set local statement_timeout = '200ms'`);
    try {
      await tx.query('insert into effects (name) values ($1)', [customer.name]);
    } catch (error) {
      timedOut += 1;
      throw error;
    }
  });
  await bench.start({ handlers: [onPlaced] });
  await bench.rig.db.transaction(async (tx) => {
    await tx.query('lock table effects in access exclusive mode');
    await bench.send('locked/1', 'locked/2');
    // More often than a record is tried that has something wrong with it. Asked by way of the transaction, which would be ended if it was idle.
    const inVain = async () => (await tx.query('select')) && timedOut > 7;
    await until(inVain, { what: 'the handler to have waited in vain' });
  });
  await bench.handled('locked/2');
  expect(await bench.effects('locked')).toEqual(['locked/1', 'locked/2']);
  expect(await bench.waiting()).toBe(0);
});
