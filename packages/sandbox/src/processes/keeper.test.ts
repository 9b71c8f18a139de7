import { beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../testing/until.ts';
import type { Fate, Hindrance } from './fate.ts';
import { createKeeper, type Keeper } from './keeper.ts';

const bounds = { backoffMs: [1, 2, 3, 4], soundMs: 1_000, lookMs: 1 };

let keeper: Keeper;
let running: boolean;
let hindrance: Hindrance | undefined;
/** What a launch does. */
let launch: () => Promise<void>;
let launches: number;
let fates: string[];
let failures: string[];
beforeEach(() => {
  running = true;
  hindrance = undefined;
  launches = 0;
  fates = [];
  failures = [];
  launch = async () => {
    running = true;
  };
  keeper = createKeeper({
    async launch() {
      launches += 1;
      await launch();
    },
    isRunning: () => running,
    hindrance: async () => hindrance,
    onFate: (_, fate: Fate) => fates.push('deaths' in fate ? `${fate.state} ${fate.deaths}` : fate.state),
    onFailure: (_, error) => failures.push((error as Error).message),
    bounds,
  });
  keeper.adopt('courier');
});

function die(livedMs = 0): void {
  running = false;
  keeper.died('courier', livedMs);
}
const untilFate = (fate: string) => until(() => fates.at(-1) === fate, { what: fate });

describe('the keeper', () => {
  it('starts again what has died', async () => {
    die();
    await untilFate('back 1');
    expect(fates).toEqual(['waiting 1', 'back 1']);
    expect(launches).toBe(1);
  });

  it('gives up what dies for the fifth time within a short time, whether it was ready in between or not', async () => {
    die();
    await untilFate('back 1');
    launch = async () => {
      throw new Error('out of luck');
    };
    die();
    await untilFate('given-up 5');
    expect(fates).toEqual(['waiting 1', 'back 1', 'waiting 2', 'waiting 3', 'waiting 4', 'given-up 5']);
    expect(failures).toEqual(Array(3).fill('out of luck'));
  });

  it('begins to count anew with what has lived for long', async () => {
    for (let death = 1; death <= 8; death++) {
      die(1_000);
      await untilFate('back 1');
      fates.length = 0;
    }
    expect(launches).toBe(8);
  });

  it('starts what it has given up when it is told to, with all its patience', async () => {
    launch = async () => {
      throw new Error('out of luck');
    };
    die();
    await untilFate('given-up 5');
    await expect(keeper.start('courier')).rejects.toThrow('out of luck');
    await untilFate('waiting 1');
    launch = async () => {
      running = true;
    };
    await untilFate('back 1');
  });

  it('leaves away what was stopped on purpose', async () => {
    keeper.leave('courier');
    die();
    await keeper.start('courier');
    expect(launches).toBe(1);
    expect(fates).toEqual([]);
  });

  it('calls a start off that it waits for', async () => {
    die();
    keeper.leave('courier');
    await keeper.start('courier');
    keeper.close();
    expect(launches).toBe(1);
  });

  it.each<Hindrance>([{ state: 'no-room' }, { state: 'port-taken', by: 'somebody' }])(
    'waits until nothing is in the way any more, as often as that happens: %j',
    async (way) => {
      for (let death = 1; death <= 6; death++) {
        hindrance = way;
        die();
        await untilFate(way.state);
        hindrance = undefined;
        await untilFate('back 0');
      }
      expect(fates).not.toContain('waiting 1');
      expect(launches).toBe(6);
    },
  );

  it('goes on waiting for one that runs and is not ready, and says so', async () => {
    const late = Promise.withResolvers<void>();
    launch = async () => {
      running = true;
      launch = () => late.promise;
      throw new Error('not ready in time');
    };
    await expect(keeper.start('courier')).rejects.toThrow('not ready in time');
    await untilFate('slow 0');
    late.resolve();
    await untilFate('back 0');
    expect(failures).toEqual([]);
  });
});
