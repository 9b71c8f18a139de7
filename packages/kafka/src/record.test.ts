import { expect, test } from '@jest/globals';
import { type FoundRecord, keyIdOf, rawPartsOf, toReceived } from './record.ts';

const read = (parts: Partial<FoundRecord>) =>
  toReceived('t', 3, {
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    timestamp: 1_700_000_000_000n,
    offset: 9_007_199_254_740_993n,
    headers: [],
    ...parts,
  });

test('reads an offset that a number could not hold', () => {
  const record = read({});
  expect(record).toMatchObject({ topic: 't', partition: 3, offset: 9_007_199_254_740_993n, key: 'k' });
  expect(record.timestamp).toEqual(new Date(1_700_000_000_000));
});

test('takes the last of a repeated header, leaves out one without a value, and keeps all of them as they were', () => {
  const headers = [
    ['h', Buffer.from('1')],
    ['note', null],
    ['__proto__', Buffer.from('p')],
    ['h', Buffer.from('2')],
    ['constructor', Buffer.from('c')],
    [Buffer.from([0xff]), Buffer.from([0x80])],
  ] as const;
  const record = read({ headers });
  expect(Object.entries(record.headers)).toEqual([
    ['h', '2'],
    ['__proto__', 'p'],
    ['constructor', 'c'],
    ['\uFFFD', '\uFFFD'],
  ]);
  expect(rawPartsOf(record).headers).toBe(headers);
});

test('tells keys apart that look the same as text', () => {
  const [one, other] = [read({ key: Buffer.from([0xfe]) }), read({ key: Buffer.from([0xff]) })];
  expect(one.key).toBe(other.key);
  expect(keyIdOf(one)).not.toBe(keyIdOf(other));
  expect(keyIdOf(read({ key: null }))).toBeNull();
  expect(keyIdOf(read({ key: Buffer.alloc(0) }))).toBe('');
});

test('keeps little of a long key, and takes no short one for it', () => {
  const long = Buffer.alloc(2_000_000, 'k');
  const id = keyIdOf(read({ key: long })) ?? '';
  expect(id.length).toBeLessThan(100);
  expect(keyIdOf(read({ key: Buffer.from(long) }))).toBe(id);
  expect(keyIdOf(read({ key: Buffer.concat([long, Buffer.from('!')]) }))).not.toBe(id);
  for (const encoding of ['latin1', 'utf8'] as const)
    expect(keyIdOf(read({ key: Buffer.from(id, encoding) }))).not.toBe(id);
});

test.each([-9_000_000_000_000_000n, 2n ** 63n - 1n, -(2n ** 63n)])('takes %s for a time', (timestamp) => {
  const record = read({ timestamp });
  expect(record.timestamp.getTime()).toBeNaN();
  expect(rawPartsOf(record).timestamp).toBe(timestamp);
});

test('knows the parts of a record that was made by hand', () => {
  const { topic, partition, offset, key, value, timestamp } = read({});
  const record = { topic, partition, offset, key, value, headers: { h: 'x' }, timestamp };
  expect(rawPartsOf(record)).toEqual({
    key: Buffer.from('k'),
    headers: [['h', 'x']],
    timestamp: 1_700_000_000_000n,
  });
});
