import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import type { AvroSchema, FieldSchema, RecordSchema } from '../src/avroSchema.ts';
import { topics } from '../src/topics.ts';
import { literal } from './layout.ts';
import { render } from './render.ts';
import { type EventSchema, readSchemas } from './schemaFiles.ts';
import { declarationsOf } from './typescriptOf.ts';

const record = (name: string, ...fields: FieldSchema[]): RecordSchema => ({ type: 'record', name, fields });
const declare = (type: AvroSchema): string => {
  const declarations = declarationsOf(record('CupFilled', { name: 'it', type }));
  return [...declarations.values()].join('\n');
};
const event = (schema: RecordSchema): EventSchema => ({
  topic: topics.orders,
  declaredAs: 'topics.orders',
  name: schema.name,
  schema,
  released: [],
});

describe('the committed files in src/generated', () => {
  test.each(Object.entries(render(readSchemas())))('%s is what the schemas say', (name, text) => {
    expect(readFileSync(new URL(`../src/generated/${name}`, import.meta.url), 'utf8')).toBe(text);
  });
});

describe('a field of the type', () => {
  test.each<[string, AvroSchema, string]>([
    ['string', 'string', 'it: string;'],
    ['long', 'long', 'it: number;'],
    ['boolean', 'boolean', 'it: boolean;'],
    ['timestamp-millis', { type: 'long', logicalType: 'timestamp-millis' }, 'it: TimestampMillis;'],
    ['array', { type: 'array', items: 'string' }, 'it: string[];'],
    ['union with null', ['null', 'string'], 'it: string | null;'],
    [
      'union of a timestamp',
      ['null', { type: 'long', logicalType: 'timestamp-millis' }],
      'it: TimestampMillis | null;',
    ],
    ['array of a union', { type: 'array', items: ['null', 'int'] }, 'it: (number | null)[];'],
    ['name declared earlier, in full', 'brew.orders.v1.Money', 'it: Money;'],
    [
      'enum',
      { type: 'enum', name: 'Size', symbols: ['small', 'large'] },
      "export type Size = 'small' | 'large';",
    ],
    ['record', record('Cup', { name: 'lid', type: 'boolean' }), 'export interface Cup {\n  lid: boolean;\n}'],
  ])('%s', (_, type, expected) => {
    expect(declare(type)).toContain(expected);
  });

  test.each<[string, AvroSchema]>([
    ['bytes', 'bytes'],
    ['timestamp-micros', { type: 'long', logicalType: 'timestamp-micros' }],
  ])('%s is refused until somebody decides what it is in TypeScript', (name, type) => {
    expect(() => declare(type)).toThrow(`Field it: `);
    expect(() => declare(type)).toThrow(`${name} is not used in Brew yet`);
  });
});

describe('a type that several events use', () => {
  const cup = (type: AvroSchema) => ({ name: 'cup', type: record('Cup', { name: 'size', type }) });

  test('is declared once', () => {
    const text = render([event(record('CupFilled', cup('int'))), event(record('CupBroken', cup('int')))])[
      'events.ts'
    ];
    expect(text?.match(/export interface Cup \{/g)).toHaveLength(1);
  });

  test('is refused when two schemas declare it differently', () => {
    expect(() =>
      render([event(record('CupFilled', cup('int'))), event(record('CupBroken', cup('string')))]),
    ).toThrow(
      'brew.orders.v1.CupBroken declares Cup otherwise than another schema does. Make the two alike, or give one another name.',
    );
  });
});

describe('doc comments', () => {
  test('come from the schema', () => {
    const declaration = declarationsOf({ ...record('CupFilled'), doc: 'A cup is full.' }).get('CupFilled');
    expect(declaration).toBe('/** A cup is full. */\nexport interface CupFilled {\n}\n');
  });

  test('are wrapped when they are long', () => {
    const doc = 'word '.repeat(60).trim();
    const lines =
      declarationsOf({ ...record('CupFilled'), doc })
        .get('CupFilled')
        ?.split('\n') ?? [];
    expect(lines.slice(0, 2)).toEqual(['/**', ` * ${'word '.repeat(21).trim()}`]);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(110);
  });
});

describe('literal', () => {
  test.each([
    ['plain', "'plain'"],
    ["it's", '"it\'s"'],
    ['say "cup"', '\'say "cup"\''],
    ['back\\slash', "'back\\\\slash'"],
    [['a', 1, null, true], "['a', 1, null, true]"],
    [{ a: { b: 'c' } }, "{ a: { b: 'c' } }"],
  ])('writes %j as TypeScript', (value, expected) => {
    expect(literal(value, 0, 0)).toBe(expected);
  });

  test('breaks what does not fit into a line', () => {
    expect(literal({ a: 'x'.repeat(60), b: ['y'.repeat(60)] }, 0, 0)).toBe(
      `{\n  a: '${'x'.repeat(60)}',\n  b: ['${'y'.repeat(60)}'],\n}`,
    );
  });
});
