import { expect, test } from '@jest/globals';
import type { Type } from 'avsc';
import { UndecodableRecordError } from '../../errors.ts';
import { compileRead, compileShow } from './compile.ts';
import { typeOfSchema } from './logicalTypes.ts';
import { readWhole } from './readWhole.ts';

const read = (schema: unknown, bytes: Buffer, show = false): unknown => {
  const type: Type = typeOfSchema(schema);
  return readWhole(show ? compileShow(type) : compileRead(type, type, true), 7, bytes, 0, bytes.length);
};
const record = (...fields: object[]) => ({ type: 'record', name: 'R', fields });
const field = (name: string, type: unknown) => ({ name, type });

/** A long as Avro writes it. */
function long(value: bigint): Buffer {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.of(...bytes, Number(left));
}

const BILLION = long(1_000_000_000n);
const node = { type: 'record', name: 'Node', fields: [field('next', ['null', 'Node'])] };
/** Ten records of nothing, ten of these, and so on: a value of it takes no bytes. */
const laughs = (depth: number): unknown =>
  depth === 0
    ? 'null'
    : {
        type: 'record',
        name: `L${depth}`,
        fields: Array.from({ length: 10 }, (_, i) =>
          field(`f${i}`, i === 0 ? laughs(depth - 1) : depth === 1 ? 'null' : `L${depth - 1}`),
        ),
      };

test.each<[string, unknown, Buffer]>([
  ['a list of a billion', { type: 'array', items: 'string' }, Buffer.concat([BILLION, Buffer.alloc(9)])],
  ['a list of a billion nulls', { type: 'array', items: 'null' }, Buffer.concat([BILLION, Buffer.alloc(9)])],
  [
    'a billion nulls in blocks',
    { type: 'array', items: 'null' },
    Buffer.concat([...Array.from({ length: 200 }, () => long(9_000n)), Buffer.alloc(1)]),
  ],
  ['a map of a billion', { type: 'map', values: 'null' }, Buffer.concat([BILLION, Buffer.alloc(9)])],
  ['a list of -2^63', { type: 'array', items: 'int' }, Buffer.concat([long(-(2n ** 63n)), Buffer.alloc(9)])],
  ['records of ten records of ten records …', laughs(12), Buffer.alloc(0)],
  ['a text of a billion', 'string', BILLION],
  ['a text of -1', 'string', long(-1n)],
  ['bytes of -1', 'bytes', Buffer.concat([long(-1n), Buffer.alloc(9)])],
  ['a text that is no UTF-8', 'string', Buffer.from('04c328', 'hex')],
  ['a symbol that there is not', { type: 'enum', name: 'E', symbols: ['a'] }, long(1n)],
  ['a symbol before the first', { type: 'enum', name: 'E', symbols: ['a'] }, long(-1n)],
  ['a branch that there is not', ['null', 'int'], long(2n)],
  ['a boolean of 2', 'boolean', Buffer.of(2)],
  ['an int of 33 bits', 'int', long(2n ** 31n)],
  ['a long of 70 bits', 'long', Buffer.from('ffffffffffffffffff7f', 'hex')],
  ['a number that does not end', 'long', Buffer.alloc(20, 0xff)],
  ['a number that is cut off', 'long', Buffer.of(0x80)],
  ['a double that is cut off', 'double', Buffer.alloc(7)],
  ['a fixed that is cut off', { type: 'fixed', name: 'F', size: 4 }, Buffer.alloc(3)],
  ['more bytes than it has', 'int', Buffer.alloc(2)],
  ['something in something in something …', node, Buffer.concat([Buffer.alloc(500_000, 2), Buffer.of(0)])],
  [
    'more within each other than can be written as JSON',
    node,
    Buffer.concat([Buffer.alloc(1_000, 2), Buffer.of(0)]),
  ],
  ['itself', { type: 'record', name: 'Self', fields: [field('self', 'Self')] }, Buffer.alloc(9)],
])('refuses %s, and makes nothing of it', (_, schema, bytes) => {
  const begun = performance.now();
  const before = process.memoryUsage().heapUsed;
  expect(() => read(schema, bytes)).toThrow(UndecodableRecordError);
  // Skipped as well.
  const reader = typeOfSchema({ ...record(), fields: [] });
  const skip = compileRead(typeOfSchema(record(field('skipped', schema))), reader, true);
  const isText = JSON.stringify(schema) === '"string"';
  const steppedOver = isText || ['int', 'long'].includes(String(schema));
  if (!steppedOver) expect(() => readWhole(skip, 7, bytes, 0, bytes.length)).toThrow(UndecodableRecordError);
  expect(performance.now() - begun).toBeLessThan(2_000);
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(100 << 20);
});

test('reads lists of what takes no bytes, and values within values, as long as they are no more than anybody has', () => {
  expect(read({ type: 'array', items: 'null' }, Buffer.concat([long(9_000n), long(0n)]))).toHaveLength(9_000);
  const chain = read(node, Buffer.concat([Buffer.alloc(100, 2), Buffer.of(0)]));
  expect(JSON.stringify(chain).match(/next/g)).toHaveLength(101);
});

test('reads a long exactly, as a number as long as that is exact', () => {
  const edges = [0n, 2n ** 31n, 2n ** 52n, 2n ** 53n - 1n, 2n ** 53n, 2n ** 63n - 1n];
  for (const value of edges.flatMap((edge) => [edge - 1n, edge, edge + 1n, -edge - 1n, -edge, 1n - edge])) {
    if (value > 2n ** 63n - 1n || value < -(2n ** 63n)) continue;
    const exact = value < 2n ** 53n && value > -(2n ** 53n) ? Number(value) : value;
    expect(read('long', long(value))).toBe(exact);
    expect(read('long', long(value), true)).toBe(typeof exact === 'bigint' ? String(value) : exact);
  }
  expect(read('long', long(-4_503_599_627_370_497n), true)).toBe(-4_503_599_627_370_497);
});

const text = (value: string) => Buffer.concat([long(BigInt(Buffer.byteLength(value))), Buffer.from(value)]);
const logical = (type: unknown, logicalType: string, more = {}) =>
  typeof type === 'object' ? { ...type, logicalType, ...more } : { type, logicalType, ...more };
const fixed = (size: number) => ({ type: 'fixed', name: 'F', size });

test.each<[string, unknown, Buffer, unknown]>([
  [
    'decimal',
    logical('bytes', 'decimal', { precision: 9, scale: 2 }),
    Buffer.from('04fb4b', 'hex'),
    '-12.05',
  ],
  [
    'decimal',
    logical('bytes', 'decimal', { precision: 40, scale: 0 }),
    Buffer.concat([long(17n), Buffer.alloc(17, 0x11)]),
    '5807485728784016443108259966835510808849',
  ],
  ['decimal', logical(fixed(2), 'decimal', { precision: 4, scale: 3 }), Buffer.from('0001', 'hex'), '0.001'],
  [
    'decimal with a scale that is none',
    logical('bytes', 'decimal', { precision: 4, scale: -1 }),
    Buffer.from('0201', 'hex'),
    '0x01',
  ],
  [
    'uuid',
    logical('string', 'uuid'),
    text('f81d4fae-7dec-11d0-a765-00a0c91e6bf6'),
    'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  ],
  [
    'uuid',
    logical(fixed(16), 'uuid'),
    Buffer.from('f81d4fae7dec11d0a76500a0c91e6bf6', 'hex'),
    'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
  ],
  ['date', logical('int', 'date'), long(20_000n), '2024-10-04'],
  ['date', logical('int', 'date'), long(-1n), '1969-12-31'],
  ['date beyond the calendar', logical('int', 'date'), long(2n ** 31n - 1n), 2 ** 31 - 1],
  ['time-millis', logical('int', 'time-millis'), long(3_723_004n), '01:02:03.004'],
  ['time-micros', logical('long', 'time-micros'), long(3_723_000_004n), '01:02:03.000004'],
  [
    'timestamp-millis',
    logical('long', 'timestamp-millis'),
    long(1_700_000_000_123n),
    '2023-11-14T22:13:20.123Z',
  ],
  ['timestamp-micros', logical('long', 'timestamp-micros'), long(-1n), '1969-12-31T23:59:59.999999Z'],
  [
    'timestamp-nanos',
    logical('long', 'timestamp-nanos'),
    long(1_700_000_000_123_456_789n),
    '2023-11-14T22:13:20.123456789Z',
  ],
  [
    'local-timestamp-millis',
    logical('long', 'local-timestamp-millis'),
    long(1_700_000_000_123n),
    '2023-11-14T22:13:20.123',
  ],
  [
    'a time that no calendar has',
    logical('long', 'timestamp-millis'),
    long(-9_000_000_000_000_000n),
    -9_000_000_000_000_000,
  ],
  ['a time beyond 2^53', logical('long', 'timestamp-millis'), long(2n ** 62n), String(2n ** 62n)],
  [
    'duration',
    logical(fixed(12), 'duration'),
    Buffer.from('010000000200000088130000', 'hex'),
    'P1M2DT5.000S',
  ],
  ['bytes', 'bytes', Buffer.from('0400ff', 'hex'), '0x00ff'],
  ['fixed', fixed(2), Buffer.from('00ff', 'hex'), '0x00ff'],
  ['what is no number', 'double', Buffer.from('000000000000f87f', 'hex'), 'NaN'],
  ['endless', 'float', Buffer.from('000080ff', 'hex'), '-Infinity'],
  ['a logical type that is none', logical('int', 'beans'), long(3n), 3],
  [
    'a map',
    { type: 'map', values: 'long' },
    Buffer.concat([long(1n), text('__proto__'), long(7n), long(0n)]),
    JSON.parse('{"__proto__":7}'),
  ],
  [
    'a field of any name',
    { ...record(field('__proto__', 'long'), field('constructor', 'long')), name: 'Odd' },
    Buffer.concat([long(7n), long(8n)]),
    JSON.parse('{"__proto__":7,"constructor":8}'),
  ],
  ['a union', ['null', logical('int', 'date')], Buffer.concat([long(1n), long(0n)]), '1970-01-01'],
])('shows %s as what it is', (_, schema, bytes, expected) => {
  const shown = read(record(field('x', schema)), bytes, true);
  expect(JSON.parse(JSON.stringify(shown))).toEqual({ x: expected });
});

test('reads a logical type as what its bytes are, where ours has none', () => {
  const writer = typeOfSchema(record(field('at', logical('long', 'timestamp-millis'))));
  const reader = typeOfSchema(record(field('at', 'double')));
  expect(readWhole(compileRead(writer, reader, true), 7, long(5n), 0, 1)).toEqual({ at: 5 });
});
