import { messagingMigrations, migrate } from '@brew/postgres';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createServiceRig, type ServiceRig } from '../testing/serviceRig.ts';
import { eraseCustomer } from './eraseCustomer.ts';
import type { RouteRequest } from './route.ts';

let rig: ServiceRig;
beforeAll(async () => {
  rig = await createServiceRig(
    'create table cups (order_id text primary key, customer jsonb, stage text not null)',
  );
  await migrate({ url: rig.url, directories: [messagingMigrations, rig.migrations], log: rig.log });
  // More than a portion.
  await rig.db.query(`
    insert into cups
    select to_char(n, 'FM00000'), jsonb_build_object('name', case when n % 100 = 0 then 'Ada' else 'Bob' end, 'address', 'Lane ' || n % 200),
           case when n = 400 then 'open' else 'over' end
    from generate_series(1, 10500) n`);
  await rig.db.query(`insert into cups values ('z', null, 'over')`);
});
afterAll(() => rig?.stop());

const erase = async (body: object) => {
  const route = eraseCustomer({ db: rig.db }, { table: 'cups', over: `stage = 'over'` });
  const { signal } = new AbortController();
  return await route.handle({ body: { dryRun: false, ...body }, signal } as RouteRequest);
};
const named = async (name: string) =>
  (await rig.db.query(`select from cups where customer ->> 'name' = $1`, [name])).rowCount;

it('finds a name that looks the same, however its letters are composed', async () => {
  for (const [id, form] of [
    ['y1', 'NFC'],
    ['y2', 'NFD'],
  ] as const)
    await rig.db.query('insert into cups values ($1, $2, $3)', [
      ...[id, { name: 'Zoë'.normalize(form), address: 'Café 1'.normalize(form) }, 'over'],
    ]);
  const found = { erased: 2, underWay: 0 };
  for (const form of ['NFD', 'NFC'] as const) {
    const [name, address] = ['Zoë'.normalize(form), 'Café 1'.normalize(form)];
    expect(await erase({ name, dryRun: true })).toMatchObject({ body: found });
    expect(await erase({ name, address, dryRun: true })).toMatchObject({ body: found });
  }
});

it('forgets a name and address in what is over, and counts what is under way', async () => {
  const found = { erased: 104, underWay: 1 };
  expect(await erase({ name: 'Ada', dryRun: true })).toEqual({ status: 200, body: found });
  expect(await named('Ada')).toBe(105);
  expect(await erase({ name: 'Ada', address: 'Lane 100' })).toMatchObject({
    body: { erased: 53, underWay: 0 },
  });
  expect(await named('Ada')).toBe(52);
  expect(await erase({ name: 'Ada' })).toMatchObject({ body: { erased: 51, underWay: 1 } });
  expect(await erase({ name: 'Ada' })).toMatchObject({ body: { erased: 0, underWay: 1 } });
  expect(await named('Ada')).toBe(1);
  expect(await named('Bob')).toBe(10_395);
  const { rows } = await rig.db.query(`select customer from cups where order_id = '00100'`);
  expect(rows).toEqual([{ customer: { name: '(erased)', address: '(erased)' } }]);
});
