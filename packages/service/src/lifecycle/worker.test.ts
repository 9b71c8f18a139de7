import { until } from '@brew/sandbox/testing';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';
import { worker } from './worker.ts';

const log = pino({ level: 'silent' });
const never = new AbortController().signal;
const HOUR = 3_600_000;

describe('a worker', () => {
  it('runs at once, again at once while there is more to do, and then pauses', async () => {
    let runs = 0;
    const counting = worker({ name: 'w', everyMs: HOUR, run: async () => ++runs < 3 });
    await counting.start(never, log);
    await until(() => runs === 3);
    await counting.stop();
    expect(runs).toBe(3);
  });

  it('looks again when it is poked, also when that happens during a run', async () => {
    let runs = 0;
    const release = Promise.withResolvers<void>();
    const poked = worker({
      name: 'w',
      everyMs: HOUR,
      run: async () => {
        runs += 1;
        if (runs === 1) await release.promise;
        return false;
      },
    });
    await poked.start(never, log);
    await until(() => runs === 1);
    poked.poke();
    release.resolve();
    await until(() => runs === 2);
    poked.poke();
    await until(() => runs === 3);
    await poked.stop();
  });

  it('pauses only until something is due, or until it is poked if that is earlier', async () => {
    let runs = 0;
    const alarmed = worker({ name: 'w', everyMs: HOUR, run: async () => (++runs === 1 ? 5 : HOUR / 2) });
    await alarmed.start(never, log);
    await until(() => runs === 2);
    alarmed.poke();
    await until(() => runs === 3);
    await alarmed.stop();
    expect(runs).toBe(3);
  });

  it('rests between two runs, though it is poked and there is more to do, and loses no poke', async () => {
    const runs: number[] = [];
    const resting = worker({
      name: 'w',
      everyMs: HOUR,
      restMs: 30,
      run: async () => runs.push(performance.now()) === 1,
    });
    await resting.start(never, log);
    await until(() => runs.length === 2);
    resting.poke();
    await until(() => runs.length === 3);
    await resting.stop();
    const pauses = runs.slice(1).map((at, index) => at - (runs[index] ?? 0));
    for (const pause of pauses) expect(pause).toBeGreaterThan(28); // timers may be early by a millisecond
  });

  it('is stopped at once while it rests', async () => {
    const ran = Promise.withResolvers<void>();
    const resting = worker({
      name: 'w',
      everyMs: HOUR,
      restMs: HOUR,
      run: async () => {
        ran.resolve();
        return true;
      },
    });
    await resting.start(never, log);
    await ran.promise;
    await resting.stop();
  });

  it('pauses no longer than usual when something is due much later', async () => {
    let runs = 0;
    const regular = worker({
      name: 'w',
      everyMs: 5,
      run: async () => {
        runs += 1;
        return HOUR;
      },
    });
    await regular.start(never, log);
    await until(() => runs > 2);
    await regular.stop();
  });

  describe('in its health', () => {
    let now = 0;
    beforeEach(() => {
      now = 0;
      jest.spyOn(performance, 'now').mockImplementation(() => now);
    });
    afterEach(() => void jest.restoreAllMocks());

    it('is up after a failure that is tried again, down when it has failed for 10 s, and up again when it works', async () => {
      let runs = 0;
      const failing = worker({
        name: 'w',
        everyMs: 1,
        run: async () => {
          runs += 1;
          if (now <= 10_000) throw new Error('no such table');
          return false;
        },
      });
      await failing.start(never, log);
      await until(() => runs > 0);
      expect(failing.health()).toEqual({ up: true, detail: 'trying again: no such table' });
      now = 10_000;
      expect(failing.health()).toEqual({ up: false, detail: 'has not got on for 10 s: no such table' });
      now = 10_001;
      failing.poke();
      await until(() => failing.health().up);
      await failing.stop();
    });

    it('is down when what is due is held by somebody else, for 10 s', async () => {
      let runs = 0;
      const waiting = worker({
        name: 'w',
        everyMs: 1,
        run: async () => {
          runs += 1;
          return now < 12_000 ? 'held' : false;
        },
      });
      await waiting.start(never, log);
      await until(() => runs > 1);
      expect(waiting.health()).toEqual({ up: true });
      now = 11_000;
      expect(waiting.health()).toEqual({
        up: false,
        detail: 'has not got on for 11 s: somebody else holds it',
      });
      now = 12_000;
      await until(() => waiting.health().up);
      await waiting.stop();
    });

    it.each([
      [false, { up: false, detail: 'has not got on for 10 s: a run does not end' }],
      [true, { up: true }],
    ])('tells of a run that does not end, unless it may take long (%s)', async (mayTakeLong, health) => {
      const hanging = worker({
        name: 'w',
        everyMs: HOUR,
        mayTakeLong,
        run: (signal) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(false))),
      });
      await hanging.start(never, log);
      now = 10_000;
      expect(hanging.health()).toEqual(health);
      await hanging.stop();
    });
  });

  it('aborts the run in flight when it is stopped, and waits for its end', async () => {
    let ended = false;
    const started = Promise.withResolvers<void>();
    const long = worker({
      name: 'w',
      everyMs: HOUR,
      run: async (signal) => {
        started.resolve();
        await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
        ended = true;
        return true;
      },
    });
    await long.start(never, log);
    await started.promise;
    await long.stop();
    expect(ended).toBe(true);
  });

  it('can be stopped before it was started', async () => {
    await worker({ name: 'w', everyMs: HOUR, run: async () => false }).stop();
  });
});
