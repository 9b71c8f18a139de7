import { setTimeout } from 'node:timers/promises';
import { until } from '@brew/sandbox/testing';
import { describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createLifecycle, type Step } from './lifecycle.ts';

const log = pino({ level: 'silent' });

/** Steps that note what happens to them. */
function noted(names: string[], changed: Record<string, Partial<Step>> = {}) {
  const notes: string[] = [];
  const steps = names.map(
    (name): Step => ({
      name,
      start: async () => void notes.push(`start ${name}`),
      stop: async () => void notes.push(`stop ${name}`),
      ...changed[name],
    }),
  );
  return { notes, steps };
}

describe('a lifecycle', () => {
  it('starts in order and stops in the reverse order', async () => {
    const { notes, steps } = noted(['a', 'b']);
    const lifecycle = createLifecycle(steps, log);
    expect(lifecycle.state).toBe('created');
    await lifecycle.start();
    expect(lifecycle.state).toBe('running');
    await lifecycle.stop();
    expect(lifecycle.state).toBe('stopped');
    expect(notes).toEqual(['start a', 'start b', 'stop b', 'stop a']);
  });

  it('does each once, however often and by however many it is asked to', async () => {
    const { notes, steps } = noted(['a']);
    const lifecycle = createLifecycle(steps, log);
    await Promise.all([lifecycle.start(), lifecycle.start()]);
    await Promise.all([lifecycle.stop(), lifecycle.stop()]);
    await lifecycle.stop();
    expect(notes).toEqual(['start a', 'stop a']);
    await expect(lifecycle.start()).rejects.toThrow('stopped');
  });

  it('tells which step it is at', async () => {
    const reached = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const { steps } = noted(['a', 'b'], {
      b: {
        start: () => {
          reached.resolve();
          return go.promise;
        },
      },
    });
    const lifecycle = createLifecycle(steps, log);
    const started = lifecycle.start();
    await reached.promise;
    expect([lifecycle.state, lifecycle.step]).toEqual(['starting', 'b']);
    go.resolve();
    await started;
    expect(lifecycle.step).toBeUndefined();
    await lifecycle.stop();
  });

  it('stops what it had started when a step fails for good', async () => {
    const { notes, steps } = noted(['a', 'b', 'c'], {
      b: { start: () => Promise.reject(new Error('port taken')) },
    });
    const lifecycle = createLifecycle(steps, log);
    await expect(lifecycle.start()).rejects.toThrow('port taken');
    expect(lifecycle.state).toBe('failed');
    expect(notes).toEqual(['start a', 'stop b', 'stop a']);
  });

  describe('with a step that may come later', () => {
    function late() {
      const come = Promise.withResolvers<void>();
      const { notes, steps } = noted(['a', 'b', 'c'], {
        b: {
          mayComeLater: true,
          start: (signal) => {
            notes.push('begin b');
            signal.addEventListener('abort', () => come.reject(signal.reason), { once: true });
            return come.promise.then(() => void notes.push('start b'));
          },
        },
      });
      return { notes, steps, come };
    }

    it('waits for it, after all others, and says so', async () => {
      const { notes, steps, come } = late();
      const lifecycle = createLifecycle(steps, log);
      const started = lifecycle.start();
      await until(() => notes.includes('start c'));
      await until(() => lifecycle.step === 'b');
      expect(lifecycle.state).toBe('starting');
      come.resolve();
      await started;
      expect(notes).toEqual(['start a', 'begin b', 'start c', 'start b']);
      await lifecycle.stop();
    });

    it('runs without it when it does not come in time; it may still come', async () => {
      const { notes, steps, come } = late();
      const lifecycle = createLifecycle(steps, log, { lateStartMs: 1 });
      await lifecycle.start();
      expect([lifecycle.state, lifecycle.step]).toEqual(['running', undefined]);
      expect(notes).toEqual(['start a', 'begin b', 'start c']);
      come.resolve();
      await until(() => notes.includes('start b'));
      await lifecycle.stop();
      expect(notes.slice(-3)).toEqual(['stop c', 'stop b', 'stop a']);
    });

    it('stops it in its turn although it has not come', async () => {
      const { notes, steps, come } = late();
      const lifecycle = createLifecycle(steps, log, { lateStartMs: 1 });
      await lifecycle.start();
      await lifecycle.stop();
      await expect(come.promise).rejects.toThrow('stopped');
      expect(notes).toEqual(['start a', 'begin b', 'start c', 'stop c', 'stop b', 'stop a']);
    });

    it('fails when it fails for good while it is waited for', async () => {
      const { notes, steps, come } = late();
      const lifecycle = createLifecycle(steps, log);
      const started = lifecycle.start();
      come.reject(new Error('bad settings'));
      await expect(started).rejects.toThrow('bad settings');
      expect(lifecycle.state).toBe('failed');
      expect(notes.slice(-3)).toEqual(['stop c', 'stop b', 'stop a']);
    });

    it('gives it up when another one fails for good', async () => {
      const { steps, come } = late();
      const [a, b, c] = steps as [Step, Step, Step];
      const failing = { ...c, start: () => Promise.reject(new Error('port taken')) };
      const lifecycle = createLifecycle([a, b, failing], log);
      await expect(lifecycle.start()).rejects.toThrow('port taken');
      await expect(come.promise).rejects.toThrow('port taken');
    });
  });

  it('can be stopped while it waits for something that never comes', async () => {
    const waiting = Promise.withResolvers<void>();
    const { notes, steps } = noted(['a', 'b'], {
      b: {
        start: (signal) =>
          new Promise((_, reject) => {
            signal.addEventListener('abort', () => reject(signal.reason), { once: true });
            waiting.resolve();
          }),
      },
    });
    const lifecycle = createLifecycle(steps, log);
    const started = lifecycle.start();
    const outcome = expect(started).rejects.toThrow('stopped while it started');
    await waiting.promise;
    await lifecycle.stop();
    await outcome;
    expect(lifecycle.state).toBe('stopped');
    expect(notes).toEqual(['start a', 'stop b', 'stop a']);
  });

  it('begins nothing more once it is stopped, also when the step that it is at pays no heed', async () => {
    const reached = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    const { notes, steps } = noted(['a', 'b'], {
      a: {
        start: () => {
          reached.resolve();
          return go.promise;
        },
      },
    });
    const lifecycle = createLifecycle(steps, log);
    const outcome = expect(lifecycle.start()).rejects.toThrow('stopped while it started');
    await reached.promise;
    const stopped = lifecycle.stop();
    go.resolve();
    await Promise.all([stopped, outcome]);
    expect(notes).toEqual(['stop a']);
  });

  it('goes on stopping when a step fails to stop', async () => {
    const { notes, steps } = noted(['a', 'b'], { b: { stop: () => Promise.reject(new Error('broken')) } });
    const lifecycle = createLifecycle(steps, log);
    await lifecycle.start();
    await lifecycle.stop();
    expect(notes).toContain('stop a');
  });

  it('is stopped in bounded time even if a step never ends, and the steps after it get their share', async () => {
    const { notes, steps } = noted(['a', 'b'], {
      a: {
        stop: async () => {
          await setTimeout(20); // longer than no time at all
          notes.push('stopped a');
        },
      },
      b: { stop: () => new Promise(() => {}) },
    });
    const lifecycle = createLifecycle(steps, log, { stopMs: 50 });
    await lifecycle.start();
    await lifecycle.stop();
    expect(lifecycle.state).toBe('stopped');
    expect(notes).toContain('stopped a');
  });
});
