import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import { ask, createLetterBench, type LetterBench } from '../testing/letterBench.ts';
import { orderNamed } from '../testing/orderNamed.ts';

let bench: LetterBench;
beforeAll(async () => {
  bench = await createLetterBench();
});
afterEach(() => bench.clear());
afterAll(() => bench.rig.stop());

const redriveAll = { all: true, by: 'ada' };
const numbered = (key: string, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `${key}/${from + i}`);

it('has letters handled again, with what waits behind them, and lets their key go', async () => {
  const service = await bench.start();
  await bench.break('plain/1');
  await bench.send('plain/1', 'plain/2', 'plain/3');
  await until(async () => (await bench.waiting()) === 3, { what: 'three letters' });
  await bench.mend();
  const { body } = await ask(service, '/redrive', { filter: { reason: 'failed' }, by: 'ada' });
  expect(body).toMatchObject({ redriven: 3, failed: [], skipped: [], keysLetGo: 1, next: null });
  expect((await ask(service, '/summary')).body).toMatchObject({ waiting: 0, parkedKeys: 0 });
  await bench.send('plain/4');
  await bench.handled('plain/4');
  expect(await bench.effects('plain')).toEqual(numbered('plain', 1, 4));
});

it('lets everything go but one that fails again and what is behind it', async () => {
  const service = await bench.start();
  const keys = Array.from({ length: 20 }, (_, i) => `many${i}`);
  // The keys take turns, so that each has its five spread over the hundred.
  await bench.park(...[1, 2, 3, 4, 5].flatMap((number) => keys.map((key) => `${key}/${number}`)));
  await bench.break('many7/3');
  const { body } = await ask(service, '/redrive', redriveAll);
  expect(body).toMatchObject({ redriven: 97, alreadyDone: 0, keysLetGo: 19, next: null });
  expect(body.failed).toEqual([{ id: expect.any(String), error: 'no ticket for many7/3' }]);
  const poison = body.failed[0].id;
  expect(body.skipped).toEqual([
    { id: expect.any(String), why: `waits behind letter ${poison}, which has failed again` },
    { id: expect.any(String), why: `waits behind letter ${poison}, which has failed again` },
  ]);
  const { letters } = (await ask(service, '')).body;
  expect(letters).toMatchObject([
    { id: poison, key: orderNamed('many7'), redrives: 1, behind: 2 },
    { redrives: 0, behind: 1 },
    { redrives: 0, behind: 0 },
  ]);
  expect((await ask(service, `/${poison}`)).body).toMatchObject({ lastError: 'no ticket for many7/3' });
  expect((await ask(service, '/summary')).body).toMatchObject({ waiting: 3, parkedKeys: 1 });
  for (const key of keys) expect(await bench.effects(key)).toEqual(numbered(key, 1, key === 'many7' ? 2 : 5));

  await bench.mend();
  expect((await ask(service, '/redrive', redriveAll)).body).toMatchObject({ redriven: 3, keysLetGo: 1 });
  expect(await bench.effects('many7')).toEqual(numbered('many7', 1, 5));
});

it('keeps the order of a key whose records go on coming while its letters go', async () => {
  const service = await bench.start();
  await bench.park(...numbered('busy', 1, 150));
  const coming = (async () => {
    for (let number = 151; number <= 400; number += 5)
      await bench.send(...numbered('busy', number, number + 4));
  })();
  for (let letters = 1; letters > 0; letters = await bench.waiting()) {
    const { status, body } = await ask(service, '/redrive', redriveAll);
    expect({ status, body }).toMatchObject({ status: 200, body: { failed: [] } });
    await coming;
  }
  await bench.handled('busy/400');
  expect(await bench.effects('busy')).toEqual(numbered('busy', 1, 400));
  expect((await ask(service, '/summary')).body).toMatchObject({ waiting: 0, parkedKeys: 0 });
});

it('leaves out what waits behind a letter that was not asked for, and says so', async () => {
  const service = await bench.start();
  await bench.park('first/1', 'first/2', 'other/1');
  await bench.rig.db.query(
    "update letters set type = 'odd' where id = (select min(id) from letters where key = $1)",
    [Buffer.from(orderNamed('first'))],
  );
  const before = (await ask(service, `?key=${orderNamed('first')}`)).body.letters;
  const [head, behind] = before;
  const { body } = await ask(service, '/redrive', {
    filter: { type: 'brew.orders.v1.OrderPlaced' },
    by: 'ada',
  });
  expect(body).toMatchObject({
    redriven: 1,
    skipped: [{ id: behind.id, why: `waits behind letter ${head.id}, which has to go first` }],
  });
  expect(await ask(service, '/redrive', { ids: [behind.id], by: 'ada' })).toMatchObject({
    status: 409,
    body: { code: 'NOT_REDRIVABLE', detail: expect.stringContaining(`waits behind letter ${head.id}`) },
  });
  expect(await bench.effects('first')).toEqual([]);
  expect((await ask(service, '/redrive', { ids: [head.id], by: 'ada' })).body).toMatchObject({ redriven: 2 });
  expect(await bench.effects('first')).toEqual(['first/1', 'first/2']);
});

it('asks no more than five times for what fails, unless it is named', async () => {
  const service = await bench.start();
  await bench.park('hopeless/1');
  await bench.break('hopeless/1');
  for (let redrives = 1; redrives <= 5; redrives++) {
    const { body } = await ask(service, '/redrive', redriveAll);
    expect(body.failed).toHaveLength(1);
  }
  const { body } = await ask(service, '/redrive', redriveAll);
  expect(body).toMatchObject({
    failed: [],
    skipped: [{ why: expect.stringMatching(/^has failed 5 redrives/) }],
  });
  expect((await ask(service, '/summary')).body).toMatchObject({ waiting: 1, givenUp: 1 });
  const byId = { ids: [body.skipped[0].id], by: 'ada' };
  expect((await ask(service, '/redrive', byId)).body.failed).toHaveLength(1);
  await bench.mend();
  expect((await ask(service, '/redrive', byId)).body).toMatchObject({ redriven: 1, keysLetGo: 1 });
});

it('discards for a reason, lets the key go, and keeps who did it', async () => {
  const service = await bench.start();
  await bench.park('unwanted/1', 'unwanted/2');
  const all = { all: true, by: 'grace' };
  expect((await ask(service, '/discard', all)).status).toBe(400);
  expect((await ask(service, '/discard', { ...all, why: '  ' })).status).toBe(400);
  const [first] = (await ask(service, '')).body.letters;
  const one = await ask(service, '/discard', { ids: [first.id], by: 'grace', why: 'a test order' });
  const [second] = (await ask(service, '')).body.letters;
  expect(one.body).toMatchObject({ discarded: 1, keysLetGo: 0, stillWaiting: [second.id] });
  expect((await ask(service, '/summary')).body).toMatchObject({ waiting: 1, parkedKeys: 1 });
  const { body } = await ask(service, '/discard', { ...all, why: 'all of it' });
  expect(body).toMatchObject({ discarded: 1, keysLetGo: 1, stillWaiting: [], next: null });
  await bench.send('unwanted/3');
  await bench.handled('unwanted/3');
  expect(await bench.effects('unwanted')).toEqual(['unwanted/3']);
  expect((await ask(service, '/actions?limit=2')).body.actions).toMatchObject([
    {
      id: body.action,
      by: 'grace',
      action: 'discard',
      why: 'all of it',
      selection: { all: true },
      discarded: 1,
    },
    { by: 'grace', why: 'a test order', selection: { ids: [first.id] }, discarded: 1, redriven: 0 },
  ]);
  expect((await ask(service, `/${first.id}`)).body).toMatchObject({
    status: 'discarded',
    resolution: { by: 'grace', why: 'a test order' },
  });
  expect(
    (await ask(service, '/discard', { ids: [first.id], by: 'grace', why: 'again' })).body.skipped,
  ).toEqual([
    { id: first.id, status: 'discarded', why: expect.stringMatching(/^was discarded at .* already$/) },
  ]);
});

it('has one effect of each, in order, when many instances redrive the same at once', async () => {
  const services = [await bench.start(), await bench.start()];
  const keys = Array.from({ length: 12 }, (_, i) => `once${i}`);
  await bench.park(...[1, 2, 3, 4, 5].flatMap((number) => keys.map((key) => `${key}/${number}`)));
  const answers = await Promise.all(
    [...services, ...services].map(async (service) => await ask(service, '/redrive', redriveAll)),
  );
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  const sum = (field: string) => answers.reduce((total, { body }) => total + body[field], 0);
  expect(sum('redriven')).toBe(60);
  expect(sum('keysLetGo')).toBe(12);
  for (const key of keys) expect(await bench.effects(key)).toEqual(numbered(key, 1, 5));
});

it('takes what the inbox knows for done, and goes on after a failure where it was', async () => {
  const service = await bench.start();
  await bench.park('again/1', 'again/2');
  // As after a crash between the handling and the letter: the inbox knows the event.
  await bench.rig.db.query(
    `insert into inbox (event_id)
     select convert_from(header_values[array_position(header_names, 'ce_id'::bytea)], 'UTF8')::uuid
     from letters order by id limit 1`,
  );
  await bench.rig.db.query('alter table effects rename to gone');
  const failed = await ask(service, '/redrive', redriveAll);
  await bench.rig.db.query('alter table gone rename to effects');
  expect(failed.body).toMatchObject({ redriven: 0, alreadyDone: 1, failed: [{ id: expect.any(String) }] });
  const { body } = await ask(service, '/redrive', redriveAll);
  expect(body).toMatchObject({ redriven: 1, alreadyDone: 0, keysLetGo: 1 });
  expect(await bench.effects('again')).toEqual(['again/2']);
});

it('redrives a thousand letters while other records flow, each once and in the order of its key', async () => {
  const service = await bench.start();
  const keys = Array.from({ length: 200 }, (_, i) => `flood${i}`);
  await bench.park(...[1, 2, 3, 4, 5].flatMap((number) => keys.map((key) => `${key}/${number}`)));
  const began = Date.now();
  const flowing = bench.send(...Array.from({ length: 300 }, (_, i) => `flow${i}/1`));
  let redriven = 0;
  for (let after: string | null | undefined; after !== null; ) {
    const asked = { ...redriveAll, ...(after !== undefined && { after }) };
    const { status, body } = await ask(service, '/redrive', asked);
    expect({ status, body }).toMatchObject({ status: 200, body: { failed: [], skipped: [] } });
    redriven += body.redriven;
    after = body.next;
  }
  expect(redriven).toBe(1_000);
  const { actions } = (await ask(service, '/actions?limit=100')).body;
  const since = actions.filter(({ at }: { at: string }) => Date.parse(at) >= began);
  expect(since.reduce((sum: number, action: { redriven: number }) => sum + action.redriven, 0)).toBe(1_000);
  await flowing;
  await bench.handled('flow299/1');
  const all = await bench.effects(...keys);
  expect(all).toHaveLength(1_000);
  const byKey = Map.groupBy(all, (name) => name.split('/')[0] ?? '');
  for (const key of keys) expect(byKey.get(key)).toEqual(numbered(key, 1, 5));
  expect((await ask(service, '/summary')).body).toMatchObject({ waiting: 0, parkedKeys: 0 });
});
