import { until } from '@brew/sandbox/testing';
import { afterEach, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { type CatchUp, createCatchUp } from './catchUp.ts';

const silent = { name: 'kitchen', client: {} as never, log: pino({ level: 'silent' }) };
const away = 'begins nothing before the group has read what came meanwhile:';
let catchUp: CatchUp;

afterEach(() => catchUp.stop());

/** A group that reads two partitions of a topic, with a clock. */
function group(committed: (bigint | undefined)[], ends: bigint[]) {
  const the = { committed, ends, seconds: 0, looks: 0, wakes: 0, trouble: undefined as Error | undefined };
  const partitions = [0, 1].map((partition) => ({
    topic: 'orders',
    partition,
    earliest: 3n,
    get committed() {
      return the.committed[partition];
    },
    get latest() {
      return the.ends[partition] ?? 0n;
    },
    lag: 0n,
  }));
  catchUp = createCatchUp(silent, {
    topics: ['orders'],
    onCaughtUp() {
      the.wakes += 1;
    },
    now: () => the.seconds * 1_000,
    admin: {
      topicOffsets: async () => partitions,
      async groupLag() {
        the.looks += 1;
        if (the.trouble) throw the.trouble;
        return partitions.map((partition) => ({ ...partition }));
      },
      close: async () => {},
    },
  });
  /** The worker comes every few seconds, as long as it is not away. */
  const pass = (seconds: number) => {
    for (let passed = 0; passed < seconds; passed += 5) {
      the.seconds += 5;
      catchUp.mayAct();
    }
  };
  const nextLook = async () => {
    const looked = the.looks;
    await until(() => the.looks > looked + 1);
  };
  return Object.assign(the, { pass, nextLook });
}

it('lets nothing begin after a start, before the group has read what there was by then', async () => {
  const kitchen = group([3n, undefined], [3n, 5n]);
  expect(catchUp.mayAct()).toBe(false);
  await kitchen.nextLook();
  expect(catchUp.mayAct()).toBe(false);
  expect(catchUp.health()).toEqual({ up: true, detail: `${away} orders/1 is read up to offset 3` });
  kitchen.pass(10);
  expect(catchUp.health()).toMatchObject({ up: false });

  kitchen.ends = [900n, 900n]; // what comes later is as ever
  kitchen.committed = [3n, 5n];
  await until(() => catchUp.mayAct());
  expect(kitchen.wakes).toBe(1);
  expect(catchUp.health()).toEqual({ up: true });
  const { looks } = kitchen;
  kitchen.pass(600);
  expect(catchUp.mayAct()).toBe(true);
  expect(kitchen.looks).toBe(looks);
});

it('lets nothing begin after it was frozen, also when that was while it waited', async () => {
  const kitchen = group([5n, 5n], [5n, 5n]);
  await until(() => catchUp.mayAct());
  kitchen.seconds += 16;
  kitchen.ends = [5n, 7n];
  expect(catchUp.mayAct()).toBe(false);
  await kitchen.nextLook();

  kitchen.seconds += 600;
  kitchen.ends = [5n, 9n];
  expect(catchUp.mayAct()).toBe(false);
  await kitchen.nextLook();
  kitchen.committed = [5n, 7n];
  await kitchen.nextLook();
  expect(catchUp.mayAct()).toBe(false);
  kitchen.committed = [5n, 9n];
  await until(() => catchUp.mayAct());
});

it('does not wait for a partition that stands still, but for one that gets on slowly', async () => {
  const kitchen = group([4n, 4n], [9n, 9n]);
  catchUp.mayAct();
  await kitchen.nextLook();
  expect(catchUp.health().detail).toBe(`${away} orders/0 is read up to offset 4, and 1 more partitions`);
  kitchen.pass(55);
  kitchen.committed = [4n, 5n];
  await kitchen.nextLook();
  kitchen.pass(55);
  await kitchen.nextLook();
  expect(catchUp.mayAct()).toBe(false);
  expect(catchUp.health().detail).toBe(`${away} orders/1 is read up to offset 5`);
  kitchen.pass(5);
  await until(() => catchUp.mayAct());
});

it('waits for Kafka, whose silence is not the standstill of a partition', async () => {
  const kitchen = group([4n, 4n], [4n, 5n]);
  catchUp.mayAct();
  await kitchen.nextLook();
  kitchen.trouble = new Error('no broker answers');
  await kitchen.nextLook();
  kitchen.pass(600);
  await kitchen.nextLook();
  expect(catchUp.health()).toEqual({ up: false, detail: `${away} no broker answers` });
  kitchen.trouble = undefined;
  await kitchen.nextLook();
  expect(catchUp.mayAct()).toBe(false);
  kitchen.committed = [4n, 5n];
  await until(() => catchUp.mayAct());
});
