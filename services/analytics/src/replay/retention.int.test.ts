import { OrderPlaced } from '@brew/events';
import type { Reader } from '@brew/kafka/reader';
import { until } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';
import { projections } from '../projections/index.ts';
import { sales } from '../projections/sales/sales.ts';
import { ensureGenerations } from '../store/ensureGenerations.ts';
import { dropGeneration, listGenerations, topicIdsIn } from '../store/generations.ts';
import { tryLock } from '../store/locks.ts';
import { placed } from '../testing/orders.ts';
import { useRig } from '../testing/rig.ts';
import { runReplay } from '../testing/runReplay.ts';
import { planReplay } from './prepare.ts';
import { nextAfter } from './replay.ts';

const rig = useRig('beginAnew');

it('is the way on for who was away for so long that what comes next is gone, and keeps what was counted', async () => {
  await rig.send(rig.record(OrderPlaced, placed('counted')));
  await rig.project();
  await rig.send(rig.record(OrderPlaced, placed('missed')));
  await rig.deleteRecords(rig.topicOf(OrderPlaced));
  const projector = await rig.follow();
  await until(async () => (await projector.health?.())?.detail?.includes('what came next was deleted'), {
    what: 'the trouble to be told of',
  });
  // However often it tries.
  const [tries, told] = [new Set<unknown>(), new Set<string>()];
  await until(
    async () => {
      tries.add(await rig.leader());
      told.add(JSON.stringify(await projector.health?.()));
      return tries.size > 4;
    },
    { what: 'it to try again' },
  );
  expect([...told].map((health) => JSON.parse(health))).toEqual([
    {
      up: false,
      detail: expect.stringMatching(
        /^Offset \d+ of .* what came next was deleted, and it begins at \d+\. Build anew from what is there: npx brew replay analytics$/,
      ),
    },
  ]);

  await runReplay(rig.context, { projections: [sales] });
  const live = (await listGenerations(rig.db)).filter(({ state }) => state === 'live');
  expect(live.filter(({ behind }) => !behind).map(({ projection }) => projection)).toEqual(['sales']);
  const { outcome } = await runReplay(rig.context);
  expect(outcome?.outcome).toBe('switched');
  await rig.send(rig.record(OrderPlaced, placed('after')));
  await until(async () => (await rig.reports()).funnel.placed === 2, {
    what: 'live events to be read again',
  });
  await projector.stop();
});

it('is the way on where Kafka was set back, so that its logs are shorter than what was read; until then nothing that comes is left out', async () => {
  const count = 8;
  const topic = rig.topicOf(OrderPlaced);
  const place = (name: string) => rig.record(OrderPlaced, placed(name));
  const places = (name: string) => Array.from({ length: count }, (_, i) => place(`${name}-${i}`));
  await rig.send(...places('kept'));
  const first = await rig.follow();
  await until(async () => (await rig.reports()).funnel.placed === count);
  await first.stop();
  for (const { schema } of await listGenerations(rig.db)) {
    await rig.db.query(`update ${schema}.positions set next_offset = next_offset + 5 where topic = $1`, [
      topic,
    ]);
  }

  const second = await rig.follow();
  const untilDown = () =>
    until(
      async () => {
        const health = await second.health?.();
        return health?.up === false && health.detail?.includes('npx brew replay analytics');
      },
      { what: 'the trouble to be told of' },
    );
  await untilDown();
  const { outcome: checked } = await runReplay(rig.context, {
    end: 'check',
    signal: AbortSignal.timeout(60_000),
  });
  expect(checked?.outcome).toBe('checked');

  // The logs grow beyond what was read.
  for (const name of ['a', 'b', 'c', 'd']) await rig.send(...places(name));
  await second.stop();
  const third = await rig.follow();
  await until(async () => (await third.health?.())?.up === false);
  expect((await third.health?.())?.detail).toMatch(/its log ended at offset \d+ when that was found/);
  expect((await rig.reports()).funnel).toEqual({ placed: count });

  // Somebody who stands by, and never gets to read, tells it as well.
  await third.stop();
  const owner = await rig.db.connect();
  await until(() => tryLock(owner, 'projector'));
  const standby = await rig.follow();
  expect(await standby.health?.()).toEqual({
    up: false,
    detail: expect.stringMatching(/its log ended at offset \d+ when that was found/),
  });
  await standby.stop();
  await owner.end();
  const fourth = await rig.follow();

  expect((await runReplay(rig.context)).outcome?.outcome).toBe('switched');
  await until(async () => (await fourth.health?.())?.up === true, { what: 'live events to be read again' });
  await rig.send(place('after'));
  await until(async () => (await rig.reports()).funnel.placed === 5 * count + 1);
  await fourth.stop();
});

it('is the way on when a topic was deleted and made anew, also when the new one has as many records', async () => {
  const count = 8;
  const place = (name: string) => rig.record(OrderPlaced, placed(name));
  await rig.send(...Array.from({ length: count }, (_, i) => place(`old-${i}`)));
  const first = await rig.follow();
  await until(async () => (await rig.reports()).funnel.placed === count);
  await first.stop();

  await rig.recreate(rig.topicOf(OrderPlaced));
  await rig.send(...Array.from({ length: 3 * count }, (_, i) => place(`new-${i}`)));
  const second = await rig.follow();
  await until(async () => (await second.health?.())?.detail?.includes('deleted and made anew'), {
    what: 'the trouble to be told of',
  });
  await until(async () => (await second.health?.())?.up === false);
  expect((await rig.reports()).funnel).toEqual({ placed: count });

  const { plan, outcome } = await runReplay(rig.context);
  expect(plan?.projections.every(({ builtSince }) => builtSince !== null)).toBe(true);
  expect(outcome?.outcome).toBe('switched');
  await until(async () => (await second.health?.())?.up === true, { what: 'live events to be read again' });
  await rig.send(place('after'));
  // What the old one had counts on.
  const all = { placed: count + 3 * count + 1 };
  await until(async () => (await rig.reports()).funnel.placed === all.placed);

  // The new topic is whole, and yet does not hold what the old one did.
  const again = await runReplay(rig.context);
  const hoursOf = (of: typeof plan) => of?.projections.map(({ builtSince }) => builtSince);
  expect(hoursOf(again.plan)).toEqual(hoursOf(plan));
  expect(again.outcome?.outcome).toBe('switched');
  expect((await rig.reports()).funnel).toEqual(all);
  await second.stop();
});

it('is known to be one also where nothing came between the switch and the end of the topic', async () => {
  const count = 8;
  const places = (name: string, count: number) =>
    Array.from({ length: count }, (_, i) => rig.record(OrderPlaced, placed(`${name}-${i}`)));
  await rig.send(...places('old', count));
  await rig.project();
  const live = async () => (await listGenerations(rig.db)).filter(({ state }) => state === 'live');
  async function expectIds(numbers: number[]): Promise<void> {
    const generations = await live();
    expect(generations.map(({ number }) => number)).toEqual(numbers);
    const ids = await rig.reader.topicIds(rig.topics);
    for (const generation of generations) expect(await topicIdsIn(rig.db, generation)).toEqual(ids);
  }
  // Whatever makes them live.
  await runReplay(rig.context, { beginning: { how: 'in place', from: undefined }, acceptLoss: true });
  await expectIds([2, 2, 2, 2]);
  await runReplay(rig.context, { end: 'now' });
  await runReplay(rig.context, { beginning: { how: 'resume' } });
  await expectIds([3, 3, 3, 3]);
  const changed = { ...sales, version: sales.version + 1 };
  const known = projections.map((code) => (code === sales ? changed : code));
  for (const one of await listGenerations(rig.db))
    if (one.projection === 'funnel') await dropGeneration(rig.db, one);
  await ensureGenerations(rig.db, known);
  await rig.mend(known);
  await until(
    async () =>
      (await live()).every(
        ({ projection, version, behind }) =>
          !behind && (projection !== 'sales' || version === changed.version),
      ),
    { what: 'the mender to be done' },
  );
  await rig.rest();
  await expectIds([1, 3, 4, 3]);
  await runReplay({ ...rig.context, projections: known }, { end: 'now' });

  await rig.recreate(rig.topicOf(OrderPlaced));
  await rig.send(...places('new', 3 * count));
  const projector = await rig.follow(known);
  await until(async () => (await projector.health?.())?.detail?.includes('deleted and made anew'), {
    what: 'the trouble to be told of',
  });
  expect((await rig.reports()).funnel).toEqual({ placed: count });
  // Nor is what was left unfinished gone on with.
  await expect(
    runReplay({ ...rig.context, projections: known }, { beginning: { how: 'resume' } }),
  ).rejects.toMatchObject({ problemCode: 'NOT_RESUMABLE' });
  const { outcome } = await runReplay({ ...rig.context, projections: known });
  expect(outcome?.outcome).toBe('switched');
  await until(async () => (await rig.reports()).funnel.placed === 4 * count, { what: 'all to be counted' });
});

it('is begun anew where what was built would read something next that is gone, and says so', async () => {
  const topic = rig.topicOf(OrderPlaced);
  const places = (name: string) =>
    Array.from({ length: 8 }, (_, i) => rig.record(OrderPlaced, placed(`${name}-${i}`)));
  await rig.send(...places('built'));
  await rig.project();
  await runReplay(rig.context, { end: 'now' });
  await rig.send(...places('gone'));
  await rig.project();
  await rig.deleteRecords(topic);
  await expect(runReplay(rig.context, { beginning: { how: 'resume' } })).rejects.toMatchObject({
    problemCode: 'NOT_RESUMABLE',
    message: expect.stringMatching(
      /^\w+_g2 can't be gone on with: offset \d+ of .*, which it would read next, is not there any more\. Begin anew/,
    ),
  });
  await rig.send(...places('last'));
  await rig.project();

  // The same while it builds.
  const gate = await rig.db.connect();
  await gate.query('begin; lock table generations in share mode');
  const waiting = "select from pg_locks where relation = 'generations'::regclass and not granted";
  const failed = runReplay(rig.context, { end: 'check' }).then(
    () => undefined,
    (error: unknown) => error,
  );
  await until(async () => (await rig.db.query(waiting)).rowCount, { what: 'it to wait for its tables' });
  await rig.deleteRecords(topic);
  await gate.end();
  expect(nextAfter(await failed, true)).toBe('anew');

  expect((await runReplay(rig.context)).outcome?.outcome).toBe('switched');
  expect((await rig.reports()).funnel).toEqual({ placed: 24 });
});

it('says that it can be begun again when what it would begin with is deleted while it is planned', async () => {
  const topic = rig.topicOf(OrderPlaced);
  const place = (name: string) => rig.record(OrderPlaced, placed(name));
  await rig.send(place('gone'));
  await rig.project();
  await rig.deleteRecords(topic);
  await rig.send(...Array.from({ length: 24 }, (_, i) => place(`next-${i}`)));
  const reader: Reader = {
    ...rig.reader,
    async *read(...asked) {
      await rig.deleteRecords(topic);
      yield* rig.reader.read(...asked);
    },
  };
  await expect(
    planReplay(rig.context, reader, projections, { how: 'beside', from: undefined }),
  ).rejects.toMatchObject({
    status: 409,
    message: expect.stringMatching(
      /^Offset \d+ of .* what came next was deleted, and it begins at \d+\. That happened while the replay was planned\. Nothing was changed: begin it again\.$/,
    ),
  });
});
