import { expect, test } from '@jest/globals';
import { createLedger } from './ledger.ts';

const record = (number: number, acknowledged = false) => {
  return { key: 'a', number, at: number, ...(acknowledged && { acknowledgedAt: number }) };
};
const deed = (number: number) => ({
  key: 'a',
  number,
  at: 100 + number,
  by: 'x',
  partition: 0,
  offset: number,
});

test('misses what is acknowledged and not handled yet, whichever of it comes first', () => {
  const ledger = createLedger();
  const readers = ledger.addReaders();
  ledger.send([record(0), record(1), record(2)]);
  expect(readers.missing).toBe(0);
  ledger.acknowledge([record(0), record(1)], 50);
  expect(readers.missing).toBe(2);
  readers.note([deed(0), deed(2)]);
  expect(readers.missing).toBe(1);
  // Read before its sender heard that it is there.
  ledger.acknowledge([record(2)], 60);
  expect(readers.missing).toBe(1);
  expect(readers.judge()).toMatchObject({ sent: 3, acknowledged: 3, read: 2, lost: 1 });
});

test('those who come later have everything before them', () => {
  const ledger = createLedger();
  ledger.addReaders().note([deed(0)]);
  ledger.send([record(0, true), record(1, true)]);
  expect(ledger.addReaders().missing).toBe(2);
});

test('nobody misses what was deleted', () => {
  const ledger = createLedger();
  const readers = ledger.addReaders();
  ledger.send([record(0, true), record(1, true)]);
  ledger.strike([record(0)]);
  expect(readers.missing).toBe(1);
  readers.note([deed(1)]);
  expect(readers.judge()).toMatchObject({ sent: 1, read: 1, lost: 0 });
  ledger.send([record(2, true)]);
  ledger.strikeAll();
  expect(readers.missing).toBe(0);
  expect(readers.judge()).toMatchObject({ sent: 0, lost: 0 });
});

test('a record that was refused is none that its sender never heard of', () => {
  const ledger = createLedger();
  const readers = ledger.addReaders();
  ledger.send([record(0), record(1)]);
  ledger.refuse([record(0)], 50);
  expect(readers.judge()).toMatchObject({ refused: 1, unanswered: 1 });
});

test('what is read again is no copy, and what stands in the topic twice is one', () => {
  const readers = createLedger().addReaders();
  readers.note([deed(0), deed(1), deed(0)]);
  expect(readers).toMatchObject({ copies: 0, rereads: 1 });
  readers.note([{ ...deed(1), offset: 7 }]);
  expect(readers).toMatchObject({ copies: 1, rereads: 1 });
});
