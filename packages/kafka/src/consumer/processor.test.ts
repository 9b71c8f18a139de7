import { BrewError } from '@brew/events';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { Failure } from '../deadLetters.ts';
import { UndecodableRecordError } from '../errors.ts';
import type { Gap } from '../fetched.ts';
import type { ReceivedRecord } from '../record.ts';
import { createBreaker } from './breaker.ts';
import type { Chunk } from './chunks.ts';
import { createProcessor } from './processor.ts';
import { type HoldUp, isGivenUp, type Turn } from './turn.ts';

const recordsOf = (...keys: (string | null)[]): ReceivedRecord[] =>
  keys.map((key, offset) => ({
    topic: 't',
    partition: 0,
    offset: BigInt(offset),
    key,
    value: Buffer.from(`${key}`),
    headers: {},
    timestamp: new Date(0),
  }));

class DatabaseGone extends Error {}

/** A processor whose handler is `handle`, and what came of it. */
function setUp(handle: (record: ReceivedRecord, call: number, signal: AbortSignal) => void | Promise<void>) {
  const parked: { offset: bigint; failure: Failure }[] = [];
  const sends: bigint[][] = [];
  const told: Gap[] = [];
  const calls: bigint[][] = [];
  const keys = new Set<string>();
  const done: bigint[] = [];
  const stop = new AbortController();
  const holdUps: (HoldUp | undefined)[] = [];
  let time = 0;
  const breaker = createBreaker(() => time);
  const setup = {
    parked,
    sends,
    told,
    calls,
    keys,
    done,
    stop,
    holdUps,
    breaker,
    refusals: 0,
    isKept: false,
    letGo: new Set<string | null>(),
    mayBegin: Promise.resolve(),
    onHeldUp() {},
    passTime: (ms: number) => {
      time += ms;
    },
    run: (records: ReceivedRecord[], more: Partial<Chunk> = {}) =>
      processor.run({ records, unfit: new Map(), gap: undefined, ...more }, turn),
  };
  const turn: Turn = {
    signal: stop.signal,
    keep() {
      setup.isKept = true;
    },
    done: (nextOffset) => void done.push(nextOffset),
    heldUp(holdUp) {
      holdUps.push(holdUp);
      setup.onHeldUp();
    },
  };
  const processor = createProcessor({
    process: async (records, signal) => {
      calls.push(records.map((r) => r.offset));
      for (const record of records) await handle(record, calls.length, signal);
    },
    mayBegin: () => setup.mayBegin,
    deadLetters: {
      behindParked: async (records) => new Set(records.filter(({ key }) => key !== null && keys.has(key))),
      park: async (letters) => {
        if (setup.refusals-- > 0) throw new Error('the dead letters are full');
        const free = letters.filter(({ record }) => setup.letGo.has(record.key));
        if (free.length > 0) return new Set(free.map(({ record }) => record));
        sends.push(letters.map(({ record }) => record.offset));
        for (const { record, failure } of letters) {
          parked.push({ offset: record.offset, failure });
          if (record.key !== null && failure.reason === 'failed') keys.add(record.key);
        }
        return new Set();
      },
      tell: async (gap) => void told.push(gap),
      isDiscarded: async () => false,
    },
    isOutage: (error) => error instanceof DatabaseGone || (error as Error)?.cause instanceof DatabaseGone,
    retry: { attempts: 3, initialMs: 2, maxMs: 4 },
    now: () => time,
    breaker,
    log: pino({ enabled: false }),
  });
  return setup;
}

test('processes a chunk at once when all is well', async () => {
  const s = setUp(() => undefined);
  await s.run(recordsOf('a', 'b', 'c'));
  expect(s.calls).toEqual([[0n, 1n, 2n]]);
  expect(s.parked).toEqual([]);
});

test('begins nothing before it may: neither an attempt nor a letter', async () => {
  const s = setUp(() => undefined);
  s.keys.add('b');
  const may = Promise.withResolvers<void>();
  s.mayBegin = may.promise;
  const gap = {
    topic: 't',
    partition: 0,
    firstOffset: 2n,
    lastOffset: 3n,
    why: 'deleted',
    error: new Error(),
  };
  const running = s.run(recordsOf('a', 'b'), { gap } as Partial<Chunk>);
  await new Promise(setImmediate);
  expect([s.calls, s.sends, s.told]).toEqual([[], [], []]);
  may.resolve();
  await running;
  expect([s.calls, s.sends, s.told.length]).toEqual([[[0n]], [[1n]], 1]);
});

test('is not left for others once something of it goes to the dead letters', async () => {
  const s = setUp(() => undefined);
  await s.run(recordsOf('a', 'b'));
  expect(s.isKept).toBe(false);
  s.keys.add('b');
  s.onHeldUp = () => expect(s.isKept).toBe(true);
  s.refusals = 1;
  await s.run(recordsOf('a', 'b'));
  expect(s.holdUps).not.toEqual([]);
  expect(s.parked).toMatchObject([{ offset: 1n }]);
});

test('finds the one poisonous record, and processes the others first', async () => {
  const s = setUp((record) => {
    if (record.key === 'b') throw new Error('poison');
  });
  await s.run(recordsOf('a', 'b', 'c'));
  expect(s.calls).toEqual([[0n, 1n, 2n], [0n], [1n], [2n], [1n], [1n]]);
  expect(s.parked).toMatchObject([
    { offset: 1n, failure: { reason: 'failed', attempts: 3, error: new Error('poison') } },
  ]);
  // Whoever gets the partition meanwhile begins with the one that isn't done.
  expect(new Set(s.done)).toEqual(new Set([1n]));
});

test('finds one among 500 in some twenty calls', async () => {
  const s = setUp((record) => {
    if (record.key === '317') throw new UndecodableRecordError('no');
  });
  await s.run(recordsOf(...Array.from({ length: 500 }, (_, i) => String(i))));
  expect(s.parked.map(({ offset }) => offset)).toEqual([317n]);
  expect(s.calls.length).toBeLessThanOrEqual(20);
});

test('makes few attempts for many that fail, and two each where that takes long', async () => {
  const s = setUp(({ key }) => {
    s.passTime(10);
    if (key !== 'good') throw new Error('poison');
  });
  await s.run(recordsOf('good', ...Array.from({ length: 499 }, (_, i) => String(i))));
  expect(s.parked).toHaveLength(499);
  expect(new Set(s.parked.map(({ failure }) => failure.reason === 'failed' && failure.attempts))).toEqual(
    new Set([2]),
  );
  expect(s.calls.length).toBeLessThan(627 + 499 + 10);
});

test('makes all attempts for a few, however long that takes', async () => {
  const s = setUp(({ key }) => {
    s.passTime(1_000);
    if (key !== 'good') throw new Error('poison');
  });
  await s.run(recordsOf('good', ...Array.from({ length: 9 }, (_, i) => String(i))));
  expect(new Set(s.parked.map(({ failure }) => failure.reason === 'failed' && failure.attempts))).toEqual(
    new Set([3]),
  );
});

test('parks a record that can never succeed without trying again', async () => {
  const s = setUp((record) => {
    if (record.key === 'a') throw new UndecodableRecordError('no');
  });
  await s.run(recordsOf('a', 'b'));
  expect(s.calls).toEqual([[0n, 1n], [0n], [1n]]);
  expect(s.parked).toMatchObject([{ offset: 0n, failure: { attempts: 1 } }]);
});

test('parks what could not even be looked at, and never takes that for an outage', async () => {
  const s = setUp(() => undefined);
  const records = recordsOf('a', 'b');
  await s.run(records, { unfit: new Map([[records[0] as ReceivedRecord, new DatabaseGone('so it says')]]) });
  expect(s.calls).toEqual([[1n]]);
  expect(s.parked).toMatchObject([
    { offset: 0n, failure: { attempts: 1, error: new DatabaseGone('so it says') } },
  ]);
});

test('tells of what nobody can read, after the records before it', async () => {
  const s = setUp(() => undefined);
  const gap = {
    topic: 't',
    partition: 0,
    firstOffset: 1n,
    lastOffset: 9n,
    why: 'unreadable',
    error: new Error('?'),
  } as const;
  await s.run(recordsOf('a'), { gap });
  expect(s.calls).toEqual([[0n]]);
  expect(s.told).toEqual([gap]);
});

test('gives a record that failed once its further attempts', async () => {
  const s = setUp((_record, call) => {
    if (call <= 2) throw new BrewError('BREW_REQUEST_REFUSED', 'busy', { retryable: true });
  });
  await s.run(recordsOf('a'));
  expect(s.calls).toEqual([[0n], [0n], [0n]]);
  expect(s.parked).toEqual([]);
});

test('lets no record overtake a parked one of its key, in the same chunk', async () => {
  const s = setUp((record) => {
    if (record.offset === 0n) throw new UndecodableRecordError('no');
  });
  await s.run(recordsOf('a', 'b', 'a', null));
  expect(s.parked.map(({ offset, failure }) => [offset, failure.reason])).toEqual([
    [0n, 'failed'],
    [2n, 'key_parked'],
  ]);
  expect(s.calls).toEqual([[0n, 1n, 2n, 3n], [0n], [1n], [3n]]);
});

test('lets no record overtake one that was parked before', async () => {
  const s = setUp(() => undefined);
  s.keys.add('a');
  await s.run(recordsOf('a', 'b', 'a'));
  expect(s.parked.map(({ offset }) => offset)).toEqual([0n, 2n]);
  expect(s.calls).toEqual([[1n]]);
});

test('handles, in its place, what was behind a key that is let go before it is parked', async () => {
  const s = setUp(() => undefined);
  s.keys.add('a');
  s.letGo.add('a');
  await s.run(recordsOf('b', 'a', 'c', 'a'));
  expect(s.parked).toEqual([]);
  expect(s.calls).toEqual([[0n, 1n, 2n, 3n]]);
});

test('waits through an outage, and parks nothing', async () => {
  const s = setUp((_record, call) => {
    if (call < 4) throw new DatabaseGone();
  });
  await s.run(recordsOf('a', 'b'));
  expect(s.calls).toEqual(Array.from({ length: 4 }, () => [0n, 1n]));
  expect(s.parked).toEqual([]);
  expect(s.holdUps.at(-1)).toBeUndefined();
  expect(s.holdUps[0]).toMatchObject({ at: { offset: 0n }, error: expect.any(DatabaseGone), waits: true });
});

test('does not go on before the dead letters have taken a record', async () => {
  const s = setUp((record) => {
    if (record.key === 'a') throw new UndecodableRecordError('no');
  });
  s.refusals = 2;
  const doneMeanwhile = new Set<bigint>();
  s.onHeldUp = () => {
    if (s.parked.length === 0) for (const offset of s.done) doneMeanwhile.add(offset);
  };
  await s.run(recordsOf('a', 'b'));
  // Twice refused: it has waited, and nothing is done but what came before the record.
  expect(s.refusals).toBeLessThan(0);
  expect(doneMeanwhile).toEqual(new Set([0n]));
  expect(s.parked).toHaveLength(1);
});

test('leaves the chunk when its partition is given up during an outage', async () => {
  const s = setUp(() => {
    s.stop.abort();
    throw new DatabaseGone();
  });
  const left = await s.run(recordsOf('a')).catch((error) => error);
  expect(isGivenUp(left)).toBe(true);
  expect(s.parked).toEqual([]);
  expect(s.calls).toHaveLength(1);
});

test('leaves the chunk when the consumer stops, without blaming a record', async () => {
  const s = setUp(() => {
    s.stop.abort();
    throw new Error('the pool is closed');
  });
  const left = await s.run(recordsOf('a')).catch((error) => error);
  expect(isGivenUp(left)).toBe(true);
  expect(s.parked).toEqual([]);
});

test('parks many records behind a parked key in few sends', async () => {
  const s = setUp(() => undefined);
  s.keys.add('a');
  await s.run(recordsOf(...Array.from({ length: 1_200 }, () => 'a')));
  expect(s.parked.map(({ offset }) => offset)).toEqual(Array.from({ length: 1_200 }, (_, i) => BigInt(i)));
  expect(s.sends).toHaveLength(3);
});

test('makes no attempt for what is unfit, and keeps what comes before it of its key before it', async () => {
  const s = setUp(() => undefined);
  const records = recordsOf('a', 'b', 'a', 'a', null, 'c');
  const unfit = [1, 2, 4].map((at) => [records[at] as ReceivedRecord, new Error('no number')] as const);
  await s.run(records, { unfit: new Map(unfit) });
  // The second of key a waits for its first one, as anything of that key would.
  expect(s.calls.flat().filter((offset) => offset === 1n || offset === 4n)).toEqual([]);
  expect(s.calls.flat()).toEqual(expect.arrayContaining([0n, 5n]));
  expect(s.parked).toMatchObject([
    { offset: 1n, failure: { reason: 'failed' } },
    { offset: 4n, failure: { reason: 'failed' } },
    { offset: 2n, failure: { reason: 'failed' } },
    { offset: 3n, failure: { reason: 'key_parked' } },
  ]);
});

const ten = Array.from({ length: 10 }, (_, i) => `k${i}`);

test('tries anew what failed while everything did, when that is over before it was its turn to wait', async () => {
  let isBad = true;
  const s = setUp(() => {
    if (!isBad) return;
    if (s.calls.length === 3) {
      // Other partitions: ten fail, and then the first one succeeds.
      for (let other = 0; other < 10; other++) s.breaker.failed(`other${other}`);
      s.breaker.succeeded();
      isBad = false;
    }
    throw new Error('a bad deployment');
  });
  await s.run(recordsOf('a'));
  expect(s.calls).toHaveLength(4);
  expect(s.parked).toEqual([]);
});

test('parks nothing while every record fails, and begins anew when something succeeds', async () => {
  let mended = false;
  const s = setUp(() => {
    if (!mended) throw new Error('a bad deployment');
  });
  s.onHeldUp = () => {
    if (s.breaker.isOpen) mended = true;
  };
  await s.run(recordsOf(...ten));
  expect(s.parked).toEqual([]);
  expect(s.breaker.isOpen).toBe(false);
  expect(s.holdUps.flatMap((holdUp) => holdUp ?? [])).toContainEqual(
    expect.objectContaining({
      waits: true,
      error: expect.objectContaining({ code: 'BREW_EVERY_RECORD_FAILS' }),
    }),
  );
  expect(s.done.at(-1) ?? 0n).toBe(0n);
});

test('takes it for no bad deployment when anything else succeeds', async () => {
  const s = setUp(({ key }) => {
    if (key?.startsWith('k')) throw new Error('poison');
  });
  await s.run(recordsOf(...ten, 'good', ...ten.map((key) => `${key}'`)));
  expect(s.parked).toHaveLength(20);
  expect(s.calls).toContainEqual([10n]);
});

test('takes it for no bad deployment when records are undecodable, however many', async () => {
  const s = setUp(() => {
    throw new UndecodableRecordError('no');
  });
  await s.run(recordsOf(...ten, ...ten.map((key) => `${key}'`)));
  expect(s.parked).toHaveLength(20);
  expect(s.breaker.isOpen).toBe(false);
});

test('lets one go after a while, so that ten hostile records in a quiet topic do not stop it for ever', async () => {
  const s = setUp(() => {
    throw new Error('poison, or a bad deployment?');
  });
  s.onHeldUp = () => {
    if (!s.breaker.isOpen) return;
    s.passTime(60_000);
    if (s.parked.length > 0) s.stop.abort();
  };
  expect(isGivenUp(await s.run(recordsOf(...ten)).catch((error) => error))).toBe(true);
  expect(s.parked.map(({ offset }) => offset)).toEqual([0n]);
}, 20_000);

test.each([
  [20, 3],
  [21, 2],
])(
  'gives each of %i records that fail %i attempts, once they have taken long together',
  async (count, attempts) => {
    const s = setUp(({ key }) => {
      s.passTime(1_000);
      if (key !== 'good') throw new Error('poison');
    });
    await s.run(recordsOf('good', ...Array.from({ length: count }, (_, i) => `bad${i}`)));
    expect(s.parked.map(({ failure }) => failure)).toMatchObject(Array(count).fill({ attempts }));
  },
);

test('leaves quietly what was not begun when its partition is given up', async () => {
  // As gather does with what waits for its turn behind other chunks.
  const s = setUp((_record, _call, signal) => {
    s.stop.abort(new DatabaseGone('whatever it was'));
    throw signal.reason;
  });
  expect(isGivenUp(await s.run(recordsOf('a', 'b')).catch((error) => error))).toBe(true);
  expect(s).toMatchObject({ calls: [[0n, 1n]], parked: [], holdUps: [], done: [] });
});
