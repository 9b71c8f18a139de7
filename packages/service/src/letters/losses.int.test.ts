import { deleteRecords } from '@brew/kafka/testing';
import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, expect, it } from '@jest/globals';
import type { Service } from '../createHttpService.ts';
import { ask, createLetterBench, type LetterBench } from '../testing/letterBench.ts';

let bench: LetterBench;
beforeAll(async () => {
  bench = await createLetterBench();
});
afterEach(() => bench.clear());
afterAll(() => bench.rig.stop());

async function consumerHealth({ url }: Service): Promise<{ up: boolean; detail?: string }> {
  const response = await fetch(`${url}/health/ready`);
  const { dependencies } = (await response.json()) as {
    dependencies: Record<string, { up: boolean; detail?: string }>;
  };
  return dependencies.consumer ?? { up: false };
}

it('stands still where records were deleted before the group read them, until somebody discards their letter', async () => {
  const before = await bench.start();
  await bench.send('lost/1');
  await bench.handled('lost/1');
  await before.stop();
  await bench.send('lost/2', 'lost/3');
  await deleteRecords(bench.Placed.topic.name);
  await bench.send('lost/4');

  const service = await bench.start();
  await until(
    async () => /were deleted before this group read them/.test((await consumerHealth(service)).detail ?? ''),
    {
      what: 'the health to say that records are lost',
    },
  );
  const { letters } = (await ask(service, '')).body;
  expect(letters).toMatchObject([{ reason: 'deleted', topic: bench.Placed.topic.name, redrivable: false }]);
  expect(await bench.effects('lost')).toEqual(['lost/1']);

  const [{ id }] = letters;
  const discard = { ids: [id], by: 'ada', why: 'sent again by hand' };
  expect(await ask(service, '/discard', discard)).toMatchObject({ status: 200, body: { discarded: 1 } });
  await bench.handled('lost/4');
  expect(await bench.effects('lost')).toEqual(['lost/1', 'lost/4']);
  await until(async () => (await consumerHealth(service)).up, { what: 'the consumer to be well' });
  expect(await bench.waiting()).toBe(0);
});

it('goes on, too, when more was deleted while it stood still and it was started again', async () => {
  const topic = bench.Placed.topic.name;
  const isLost = async (service: Service) =>
    /were deleted before this group read them/.test((await consumerHealth(service)).detail ?? '');
  const before = await bench.start();
  await bench.send('longer/1');
  await bench.handled('longer/1');
  await before.stop();
  await bench.send('longer/2');
  await deleteRecords(topic);
  const standing = await bench.start();
  await until(() => isLost(standing), { what: 'the health to say that a record is lost' });
  await until(async () => (await bench.waiting()) === 1, { what: 'its letter' });
  await standing.stop();
  await bench.send('longer/3');
  await deleteRecords(topic);
  await bench.send('longer/4');

  const service = await bench.start();
  await until(async () => (await ask(service, '')).body.letters.length === 2, {
    what: 'the letter of the longer gap',
  });
  const ids = (await ask(service, '')).body.letters.map(({ id }: { id: string }) => id);
  expect(await ask(service, '/discard', { ids, by: 'ada', why: 'sent again by hand' })).toMatchObject({
    body: { discarded: 2 },
  });
  await bench.handled('longer/4');
  expect(await bench.effects('longer')).toEqual(['longer/1', 'longer/4']);
});
