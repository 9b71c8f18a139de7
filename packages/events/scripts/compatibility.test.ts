import { describe, expect, test } from '@jest/globals';
import avsc, { type Schema } from 'avsc';
import fc from 'fast-check';
import type { AvroSchema, FieldSchema, RecordSchema } from '../src/avroSchema.ts';
import { incompatibilities } from './compatibility.ts';
import { readSchemas } from './schemaFiles.ts';

const event = (...fields: FieldSchema[]): RecordSchema => ({
  type: 'record',
  name: 'CupFilled',
  namespace: 'brew.bar.v1',
  fields: [{ name: 'orderId', type: 'string' }, ...fields],
});
const field = (name: string, type: AvroSchema, rest: Partial<FieldSchema> = {}): FieldSchema => ({
  name,
  type,
  ...rest,
});
const record = (name: string, ...fields: FieldSchema[]): RecordSchema => ({ type: 'record', name, fields });
const size = (symbols: string[], rest = {}) => ({ type: 'enum' as const, name: 'Size', symbols, ...rest });
const decimal = (precision: number, scale?: number) => ({
  type: 'bytes' as const,
  logicalType: 'decimal',
  precision,
  ...(scale !== undefined && { scale }),
});
const long = (logicalType: string) => ({ type: 'long' as const, logicalType });

/** What the check says about the last of the versions, when those before it are released. */
const check = (...versions: RecordSchema[]): string[] => {
  const current = versions.at(-1);
  if (current === undefined) throw new Error('Give at least one version.');
  return incompatibilities(
    current,
    versions.slice(0, -1).map((schema, index) => ({ version: index + 1, schema })),
  );
};

test.each(readSchemas().map((schemas) => [schemas.name, schemas] as const))(
  'the schema of %s is compatible with all of its released versions, of which there is at least one',
  (_, { schema, released }) => {
    expect(released.length).toBeGreaterThan(0);
    expect(incompatibilities(schema, released)).toEqual([]);
  },
);

describe('the check refuses', () => {
  test.each<[string, FieldSchema[], FieldSchema[], string]>([
    [
      'a field added without a default',
      [],
      [field('note', 'string')],
      'field note, was added without a default, so older records have nothing to put there (since version 1). Give it a default.',
    ],
    [
      'a nullable field added without a default: null is no default by itself',
      [],
      [field('note', ['null', 'string'])],
      'field note, was added without a default',
    ],
    [
      'a required field removed: consumers that still have the older schema need it',
      [field('cafeId', 'string')],
      [],
      'field cafeId, was removed, and consumers that read with the older schema need it, for it had no default (since version 1). Bring it back.',
    ],
    [
      'a rename, which removes and adds',
      [field('cafe', 'string')],
      [field('cafeId', 'string')],
      'field cafe, was removed',
    ],
    [
      'a type changed',
      [field('slot', 'int')],
      [field('slot', 'string')],
      'field slot, changed its type from int to string (since version 1). Make it int again, or add a field of another name with a default.',
    ],
    [
      'a promotion the wrong way',
      [field('amount', 'long')],
      [field('amount', 'int')],
      'changed its type from long to int',
    ],
    [
      'a record where a string was',
      [field('customer', 'string')],
      [field('customer', record('Customer', field('name', 'string')))],
      'changed its type from string to record Customer',
    ],
    [
      'a list where a single value was',
      [field('item', 'string')],
      [field('item', { type: 'array', items: 'string' })],
      'changed its type from string to array',
    ],
    [
      'another type of the items of a list',
      [field('skus', { type: 'array', items: 'string' })],
      [field('skus', { type: 'array', items: 'int' })],
      'field skus[], changed its type from string to int',
    ],
    [
      'a nested field added without a default',
      [field('items', { type: 'array', items: record('Item', field('sku', 'string')) })],
      [
        field('items', {
          type: 'array',
          items: record('Item', field('sku', 'string'), field('name', 'string')),
        }),
      ],
      'field items[].name, was added without a default',
    ],
    [
      'a change in a type that is only referred to by name',
      [field('price', record('Money', field('amount', 'long'))), field('total', 'Money')],
      [field('price', record('Money', field('amount', 'string'))), field('total', 'brew.bar.v1.Money')],
      'field total.amount, changed its type from long to string',
    ],
    [
      'a nested record called otherwise',
      [field('price', record('Money', field('amount', 'long')))],
      [field('price', record('Price', field('amount', 'long')))],
      'is a record that was called Money and is now called Price',
    ],
    [
      'an enum called otherwise',
      [field('size', size(['small']))],
      [field('size', { type: 'enum', name: 'CupSize', symbols: ['small'] })],
      'is an enum that was called Size and is now called CupSize',
    ],
    [
      'an enum symbol removed without a default to read it as',
      [field('size', size(['small', 'large']))],
      [field('size', size(['small']))],
      'field size, lost the symbol large from its enum Size, which has no default to read it as (since version 1). Bring it back, or give the enum a default.',
    ],
    [
      'null taken out of a union',
      [field('note', ['null', 'string'], { default: null })],
      [field('note', 'string', { default: '' })],
      'field note, could be null and no longer can (since version 1). Keep null in the union.',
    ],
    [
      'a branch taken out of a union',
      [field('size', ['null', 'int', 'string'], { default: null })],
      [field('size', ['null', 'int'], { default: null })],
      'field size, could be string and no longer can',
    ],
    [
      "a timestamp's unit changed, which registries wave through",
      [field('filledAt', long('timestamp-millis'))],
      [field('filledAt', long('timestamp-micros'))],
      'field filledAt, changed its logical type from timestamp-millis to timestamp-micros, so older values would be taken for something else (since version 1). Make it as it was, or add a field of another name with a default.',
    ],
    [
      "a timestamp's unit changed inside a union",
      [field('filledAt', ['null', long('timestamp-millis')], { default: null })],
      [field('filledAt', ['null', long('timestamp-micros')], { default: null })],
      'changed its logical type from timestamp-millis to timestamp-micros',
    ],
    [
      'a timestamp that becomes a bare number',
      [field('filledAt', long('timestamp-millis'))],
      [field('filledAt', 'long')],
      'changed its logical type from timestamp-millis to none',
    ],
    [
      "a decimal's scale changed, which registries wave through",
      [field('litres', decimal(9, 2))],
      [field('litres', decimal(9, 3))],
      'changed its logical type from decimal(9, 2) to decimal(9, 3)',
    ],
    [
      "a decimal's precision changed",
      [field('litres', decimal(9))],
      [field('litres', decimal(8))],
      'changed its logical type from decimal(9, 0) to decimal(8, 0)',
    ],
    [
      'a default of another type: no valid Avro',
      [],
      [field('note', 'string', { default: 7 })],
      'brew.bar.v1.CupFilled is no valid Avro schema',
    ],
    [
      'what it does not know itself, as Avro does: a map of another type',
      [field('extras', { type: 'map', values: 'int' } as unknown as AvroSchema)],
      [field('extras', { type: 'map', values: 'string' } as unknown as AvroSchema)],
      "brew.bar.v1.CupFilled can't read records of version 1",
    ],
  ])('%s', (_, before, after, sentence) => {
    const problems = check(event(...before), event(...after));
    expect(problems.join('\n')).toContain(sentence);
    for (const problem of problems) expect(problem).toMatch(/^brew\.bar\.v1\.CupFilled\b/);
  });

  test('what only an older version forbids: a field that went and came back without its default', () => {
    const note = field('note', 'string', { default: '' });
    expect(check(event(), event(note), event(field('note', 'string')))).toEqual([
      'brew.bar.v1.CupFilled, field note, was added without a default, so older records have nothing to put there (since version 1). Give it a default.',
    ]);
  });

  test('a type that comes back as another, long after it went', () => {
    const [first] = check(
      event(field('n', 'int', { default: 0 })),
      event(),
      event(field('n', 'string', { default: '' })),
    );
    expect(first).toContain('field n, changed its type from int to string (since version 1)');
  });

  test('the same thing once, with the oldest version, however many it breaks', () => {
    expect(check(event(), event(), event(), event(field('note', 'string')))).toEqual([
      expect.stringContaining('(since version 1)'),
    ]);
  });

  test('everything at once, not only the first', () => {
    const problems = check(
      event(field('slot', 'int')),
      event(field('slot', 'string'), field('note', 'string')),
    );
    expect(problems).toHaveLength(2);
  });
});

describe('the check allows', () => {
  test.each<[string, FieldSchema[], FieldSchema[]]>([
    ['nothing changed', [field('size', size(['small']))], [field('size', size(['small']))]],
    ['a field added with a default', [], [field('note', 'string', { default: '' })]],
    ['a nullable field added with null', [], [field('note', ['null', 'string'], { default: null })]],
    ['a field removed that had a default', [field('note', 'string', { default: '' })], []],
    [
      'another order of fields',
      [field('a', 'int'), field('b', 'int')],
      [field('b', 'int'), field('a', 'int')],
    ],
    ['other words in a doc', [field('a', 'int', { doc: 'One.' })], [field('a', 'int', { doc: 'Another.' })]],
    [
      "Avro's promotions",
      [field('a', 'int'), field('b', 'float')],
      [field('a', 'long'), field('b', 'double')],
    ],
    ['a value that may now be null', [field('a', 'string')], [field('a', ['null', 'string'])]],
    ['a promotion into a union', [field('a', 'int')], [field('a', ['null', 'long'])]],
    ['an enum symbol added', [field('size', size(['small']))], [field('size', size(['small', 'large']))]],
    [
      'an enum symbol removed where there is a default',
      [field('size', size(['small', 'large']))],
      [field('size', size(['small'], { default: 'small' }))],
    ],
    ['the same decimal, its scale of 0 written out', [field('a', decimal(9))], [field('a', decimal(9, 0))]],
    [
      'a record that contains itself',
      [field('step', record('Step', field('next', ['null', 'Step'])))],
      [field('step', record('Step', field('next', ['null', 'Step'])))],
    ],
  ])('%s', (_, before, after) => {
    expect(check(event(...before), event(...after))).toEqual([]);
  });

  test('only what can truly be read: Avro decodes every older record with the newer schema', () => {
    const type = fc.constantFrom<AvroSchema>(
      'int',
      'long',
      'double',
      'string',
      ['null', 'int'],
      ['null', 'string'],
    );
    // Few names and types, and defaults where there can be one, so that many a pair is compatible.
    const schema = fc
      .uniqueArray(fc.tuple(fc.constantFrom('a', 'b'), type), { maxLength: 2, selector: ([name]) => name })
      .map((fields) =>
        event(...fields.map(([n, t]) => field(n, t, Array.isArray(t) ? { default: null } : {}))),
      );

    let allowed = 0;
    fc.assert(
      fc.property(schema, schema, (older, newer) => {
        if (check(older, newer).length > 0) return;
        allowed += 1;
        const writer = avsc.Type.forSchema(older as Schema);
        const reader = avsc.Type.forSchema(newer as Schema);
        reader.fromBuffer(writer.toBuffer(writer.random()), reader.createResolver(writer));
      }),
      { numRuns: 1000, seed: 1 },
    );
    expect(allowed).toBeGreaterThan(50);
  });
});
