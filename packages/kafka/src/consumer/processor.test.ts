import { BrewError } from '@brew/events';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import type { Failure } from '../deadLetters.ts';
import { UndecodableRecordError } from '../errors.ts';
import type { ReceivedRecord } from '../record.ts';
import { createProcessor } from './processor.ts';
import { isStopped } from './turn.ts';

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
function setUp(handle: (record: ReceivedRecord, call: number) => void | Promise<void>) {
  const parked: { offset: bigint; failure: Failure }[] = [];
  const calls: bigint[][] = [];
  const keys = new Set<string>();
  const done: bigint[] = [];
  const stop = new AbortController();
  const outages: unknown[] = [];
  const setup = {
    parked,
    calls,
    keys,
    done,
    stop,
    outages,
    heartbeats: 0,
    refusals: 0,
    onHeartbeat() {},
    run: (records: ReceivedRecord[]) => processor.run(records, turn),
  };
  const turn = {
    signal: stop.signal,
    done: (offset: bigint) => void done.push(offset),
    heartbeat: async () => {
      setup.heartbeats++;
      setup.onHeartbeat();
    },
  };
  const processor = createProcessor({
    process: async (records) => {
      calls.push(records.map((r) => r.offset));
      for (const record of records) await handle(record, calls.length);
    },
    deadLetters: {
      parkedKeys: async (_topic, asked) => new Set(asked.filter((key) => keys.has(key))),
      park: async (record, failure) => {
        if (setup.refusals-- > 0) throw new Error('the dead letters are full');
        parked.push({ offset: record.offset, failure });
      },
    },
    isOutage: (error) => error instanceof DatabaseGone,
    retry: { attempts: 3, initialMs: 2, maxMs: 4 },
    onOutage: (error) => void outages.push(error),
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

test('finds the one poisonous record, and processes the others', async () => {
  const s = setUp((record) => {
    if (record.key === 'b') throw new Error('poison');
  });
  await s.run(recordsOf('a', 'b', 'c'));
  expect(s.calls).toEqual([[0n, 1n, 2n], [0n], [1n], [1n], [1n], [2n]]);
  expect(s.parked).toMatchObject([
    { offset: 1n, failure: { reason: 'failed', attempts: 3, error: new Error('poison') } },
  ]);
  expect(s.done).toEqual([0n, 1n, 2n]);
});

test('parks a record that can never succeed without trying again', async () => {
  const s = setUp((record) => {
    if (record.key === 'a') throw new UndecodableRecordError('no');
  });
  await s.run(recordsOf('a', 'b'));
  expect(s.calls).toEqual([[0n, 1n], [0n], [1n]]);
  expect(s.parked).toMatchObject([{ offset: 0n, failure: { attempts: 1 } }]);
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

test('waits through an outage, with signs of life, and parks nothing', async () => {
  const s = setUp((_record, call) => {
    if (call < 4) throw new DatabaseGone();
  });
  await s.run(recordsOf('a', 'b'));
  expect(s.calls).toEqual(Array.from({ length: 4 }, () => [0n, 1n]));
  expect(s.parked).toEqual([]);
  expect(s.heartbeats).toBeGreaterThanOrEqual(6);
  expect(s.outages.at(-1)).toBeUndefined();
  expect(s.outages[0]).toBeInstanceOf(DatabaseGone);
});

test('does not go on before the dead letters have taken a record', async () => {
  const s = setUp((record) => {
    if (record.key === 'a') throw new UndecodableRecordError('no');
  });
  s.refusals = 2;
  const doneMeanwhile: bigint[][] = [];
  s.onHeartbeat = () => {
    if (s.calls.length > 0 && s.parked.length === 0) doneMeanwhile.push([...s.done]);
  };
  await s.run(recordsOf('a', 'b'));
  // Twice refused: it has waited, and has done nothing meanwhile.
  expect(doneMeanwhile.length).toBeGreaterThanOrEqual(2);
  expect(doneMeanwhile.flat()).toEqual([]);
  expect(s.parked).toHaveLength(1);
  expect(s.done).toEqual([0n, 1n]);
});

test('leaves the chunk when the group rebalances, without blaming a record', async () => {
  const s = setUp(() => {
    throw new DatabaseGone();
  });
  s.onHeartbeat = () => {
    throw new Error('rebalance');
  };
  await expect(s.run(recordsOf('a'))).rejects.toThrow('rebalance');
  expect(s.parked).toEqual([]);
  expect(s.calls).toHaveLength(1);
});

test('leaves the chunk when the consumer stops, without blaming a record', async () => {
  const s = setUp(() => {
    s.stop.abort();
    throw new Error('the pool is closed');
  });
  const left = await s.run(recordsOf('a')).catch((error) => error);
  expect(isStopped(left)).toBe(true);
  expect(s.parked).toEqual([]);
});
