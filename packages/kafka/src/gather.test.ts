import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, jest } from '@jest/globals';

/** Waits between runs, which end only when they are told to. */
const rests: { ms: number; end: () => void }[] = [];
jest.unstable_mockModule('./delay.ts', () => ({
  delay: (ms: number, signal?: AbortSignal) =>
    new Promise<void>((resolve) => {
      rests.push({ ms, end: resolve });
      signal?.addEventListener('abort', () => resolve());
    }),
}));
const { gather } = await import('./gather.ts');

const once = { limit: 200 };

/** A run that ends only when it is told to. */
function heldRuns() {
  const runs: { items: readonly string[]; end: PromiseWithResolvers<void> }[] = [];
  const ask = gather(async (items: readonly string[]) => {
    const end = Promise.withResolvers<void>();
    runs.push({ items, end });
    await end.promise;
    return items.map((item) => (item === 'refused' ? new Error(item) : item.toUpperCase()));
  }, once);
  const begun = async (count: number) => {
    while (runs.length < count) await new Promise(setImmediate);
    return runs[count - 1] as (typeof runs)[number];
  };
  return { ask, begun };
}

describe('gathering', () => {
  it('chooses what a run takes when it may run, and not before: what was dropped meanwhile is in none', async () => {
    const may = Promise.withResolvers<void>();
    const runs: string[][] = [];
    const ask = gather(
      async (items: readonly string[]) => {
        runs.push([...items]);
        return items;
      },
      { ...once, mayRun: () => may.promise },
    );
    const given = new AbortController();
    const [stays, goes] = [ask('stays'), ask('goes', { signal: given.signal })];
    await turn();
    await turn();
    expect(runs).toEqual([]);
    given.abort(new Error('given up'));
    await expect(goes).rejects.toThrow('given up');
    may.resolve();
    await expect(stays).resolves.toBe('stays');
    expect(runs).toEqual([['stays']]);
  });

  it('runs one that comes alone at once', async () => {
    const { ask, begun } = heldRuns();
    const answer = ask('a');
    const run = await begun(1);
    expect(run.items).toEqual(['a']);
    run.end.resolve();
    await expect(answer).resolves.toBe('A');
  });

  it('runs together, in their order, what came while a run was under way', async () => {
    const { ask, begun } = heldRuns();
    const first = ask('a');
    const run = await begun(1);
    const later = [ask('b'), ask('c'), ask('d')];
    run.end.resolve();
    const next = await begun(2);
    expect(next.items).toEqual(['b', 'c', 'd']);
    next.end.resolve();
    await expect(first).resolves.toBe('A');
    await expect(Promise.all(later)).resolves.toEqual(['B', 'C', 'D']);
  });

  it('drops what still waits when nobody wants it any more, and nothing that has begun', async () => {
    const { ask, begun } = heldRuns();
    const leave = new AbortController();
    const first = ask('a', leave);
    const run = await begun(1);
    const [gone, stays] = [ask('b', leave), ask('c')];
    leave.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    await expect(ask('d', leave)).rejects.toThrow('gone');
    run.end.resolve();
    const next = await begun(2);
    expect(next.items).toEqual(['c']);
    next.end.resolve();
    await expect(first).resolves.toBe('A');
    await expect(stays).resolves.toBe('C');
  });

  it('gives each caller its own outcome', async () => {
    const { ask, begun } = heldRuns();
    const answers = Promise.allSettled([ask('a'), ask('refused'), ask('b')]);
    (await begun(1)).end.resolve();
    const [a, refused, b] = await answers;
    expect(a).toEqual({ status: 'fulfilled', value: 'A' });
    expect(refused).toEqual({ status: 'rejected', reason: new Error('refused') });
    expect(b).toEqual({ status: 'fulfilled', value: 'B' });
  });

  it('takes as much as the limit allows at a time, and leaves nobody out', async () => {
    const runs: (readonly number[])[] = [];
    const ask = gather(
      async (items: readonly number[]) => {
        runs.push(items);
        return items;
      },
      { limit: 10, sizeOf: (item) => item },
    );
    const items = [4, 6, 1, 20, 3, 3, 3, 3];
    await expect(Promise.all(items.map((item) => ask(item)))).resolves.toEqual(items);
    expect(runs).toEqual([[4, 6], [1], [20], [3, 3, 3], [3]]);
  });

  it('lets nobody suffer from what another one asked for', async () => {
    const ask = gather(async (items: readonly string[]) => {
      if (items.includes('poison')) throw new Error('no');
      return items;
    }, once);
    const [a, poison, b] = await Promise.allSettled([ask('a'), ask('poison'), ask('b')]);
    expect(a).toEqual({ status: 'fulfilled', value: 'a' });
    expect(poison).toEqual({ status: 'rejected', reason: new Error('no') });
    expect(b).toEqual({ status: 'fulfilled', value: 'b' });
  });

  it('tells an outage to all, instead of meeting it again for each', async () => {
    let runs = 0;
    const ask = gather(
      async (): Promise<string[]> => {
        runs += 1;
        throw new Error('gone');
      },
      { limit: 200, concernsAll: () => true },
    );
    const answers = await Promise.allSettled([ask('a'), ask('b')]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(runs).toBe(1);
  });

  it('keeps its pace: who comes soon after a run waits, together with those behind', async () => {
    const paceMs = 3_600_000;
    const runs: (readonly string[])[] = [];
    const ask = gather(
      async (items: readonly string[]) => {
        runs.push(items);
        return items;
      },
      { limit: 200, paceMs },
    );
    await ask('a');
    expect(rests).toEqual([]);
    const b = ask('b');
    await turn(); // of the event loop
    const c = ask('c');
    await turn();
    expect(runs).toEqual([['a']]);
    expect(rests).toHaveLength(1);
    const [rest] = rests;
    // What is left of it since the first run began.
    expect(rest?.ms).toBeGreaterThan(0);
    expect(rest?.ms).toBeLessThanOrEqual(paceMs);
    rest?.end();
    await Promise.all([b, c]);
    expect(runs).toEqual([['a'], ['b', 'c']]);
  });

  it('runs what is to run alone at once, by itself, and keeps the pace of the others', async () => {
    const runs: (readonly string[])[] = [];
    const ask = gather(
      async (items: readonly string[]) => {
        runs.push(items);
        return items;
      },
      { limit: 200, paceMs: 3_600_000 },
    );
    await ask('a');
    const [b, c] = [ask('b'), ask('c')];
    await turn();
    await Promise.all([ask('x', { alone: true }), ask('y', { alone: true })]);
    expect(runs).toEqual([['a'], ['x'], ['y']]);
    rests.at(-1)?.end();
    await Promise.all([b, c]);
    expect(runs.at(-1)).toEqual(['b', 'c']);
  });

  it('lets others have their turn between two that run alone', async () => {
    const runs: (readonly string[])[] = [];
    const ask = gather(
      async (items: readonly string[]) => {
        runs.push(items);
        await turn();
        return items;
      },
      { limit: 2 },
    );
    const again = async (left: number): Promise<unknown> =>
      left > 0 && (await ask('x', { alone: true })) && (await again(left - 1));
    await Promise.all([again(4), again(4), ask('a'), ask('b'), ask('c')]);
    expect(runs.slice(0, 4)).toEqual([['x'], ['a', 'b'], ['x'], ['c']]);
    expect(runs.slice(4)).toEqual(Array.from({ length: 6 }, () => ['x']));
  });
});
