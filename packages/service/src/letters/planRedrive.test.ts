import type { WaitingLetter } from '@brew/postgres';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { planRedrive } from './planRedrive.ts';

const letterOf = (id: number, key: string | null, more: Partial<WaitingLetter> = {}): WaitingLetter => ({
  ...{ id: String(id), reason: 'failed', topic: 't', redrives: 0, bytes: 1 },
  keyHash: key === null ? null : Buffer.from(key),
  ...more,
});
const options = { byId: false, parksKeys: true };

test('a letter goes only if all that wait before it of its key go as well', () => {
  const reason = fc.constantFrom('failed', 'key_parked', 'unreadable', 'foreign');
  const letter = fc.record({ reason, redrives: fc.nat(7), isAsked: fc.boolean() });
  const lines = fc.array(fc.array(letter, { maxLength: 6 }), { maxLength: 5 });
  fc.assert(
    fc.property(lines, (drawn) => {
      let id = 0;
      const asked: string[] = [];
      const waiting = drawn.flatMap((line, key) =>
        line.map(({ isAsked, ...more }) => {
          const made = letterOf(++id, `key-${key}`, more);
          if (isAsked) asked.push(made.id);
          return made;
        }),
      );
      const { going, skipped } = planRedrive({ asked, waiting, ...options });
      const goes = new Set(going.map((each) => each.id));
      for (const line of Map.groupBy(waiting, ({ keyHash }) => String(keyHash)).values()) {
        const stays = line.findIndex((each) => !goes.has(each.id));
        if (stays >= 0) expect(line.slice(stays).filter((each) => goes.has(each.id))).toEqual([]);
        // In the order of their records.
        expect(going.filter((each) => line.includes(each))).toEqual(line.filter((each) => goes.has(each.id)));
      }
      // Who asked for a letter hears of it: it goes, or it is said why not.
      const told = new Set([...goes, ...skipped.map((each) => each.id)]);
      expect(asked.filter((each) => !told.has(each))).toEqual([]);
      expect(going.filter((each) => each.redrives >= 5 || each.reason === 'unreadable')).toEqual([]);
    }),
  );
});

test('takes what waits behind a letter along, unasked, and nothing else', () => {
  const waiting = [
    letterOf(1, 'a'),
    letterOf(2, 'a', { reason: 'key_parked' }),
    letterOf(3, 'a'),
    letterOf(4, 'a', { reason: 'key_parked' }),
    letterOf(5, null),
  ];
  const ids = (asked: string[]) => planRedrive({ asked, waiting, ...options }).going.map((each) => each.id);
  expect(ids(['1'])).toEqual(['1', '2']);
  expect(ids(['1', '3'])).toEqual(['1', '2', '3', '4']);
  expect(ids(['3'])).toEqual([]);
  expect(ids(['5'])).toEqual(['5']);
});

test('lets a letter that has failed five times go by its id alone', () => {
  const waiting = [letterOf(1, 'a', { redrives: 5 })];
  expect(planRedrive({ asked: ['1'], waiting, ...options }).skipped).toMatchObject([
    { id: '1', why: expect.stringContaining('has failed 5 redrives') },
  ]);
  expect(planRedrive({ asked: ['1'], waiting, ...options, byId: true }).going).toEqual(waiting);
});
