import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { AvroSchema, FieldSchema } from '../src/avroSchema.ts';
import { readSchemas, schemaFolder } from './schemaFiles.ts';

let folder: string;
beforeEach(() => {
  folder = `${mkdtempSync(join(tmpdir(), 'brew-schemas-'))}/`;
  cpSync(schemaFolder, folder, { recursive: true });
});
afterEach(() => rmSync(folder, { recursive: true }));

const ready = 'brew.kitchen.v1/OrderReady.avsc';

describe('readSchemas', () => {
  test('reads every event of topics.ts with its released versions, oldest first', () => {
    cpSync(`${folder}${ready}`, `${folder}released/brew.kitchen.v1/OrderReady.2.avsc`);
    const found = readSchemas(folder).find(({ name }) => name === 'OrderReady');
    expect(found).toMatchObject({
      declaredAs: 'topics.kitchen',
      schema: { name: 'OrderReady', namespace: 'brew.kitchen.v1' },
    });
    expect(found?.released.map(({ version }) => version)).toEqual([1, 2]);
  });

  test('misses the schema of a declared event', () => {
    rmSync(folder + ready);
    expect(() => readSchemas(folder)).toThrow(
      /OrderReady\.avsc can't be read .*topics\.ts declares OrderReady\./,
    );
  });

  test('refuses a schema of an event that no topic declares', () => {
    renameSync(folder + ready, `${folder}brew.kitchen.v1/OrderBurnt.avsc`);
    expect(() => readSchemas(folder)).toThrow(
      'schemas/brew.kitchen.v1/OrderBurnt.avsc is of no event that topics.ts declares.',
    );
  });

  test('misses a released version: its records may still be in the topic', () => {
    renameSync(
      `${folder}released/brew.kitchen.v1/OrderReady.1.avsc`,
      `${folder}released/brew.kitchen.v1/OrderReady.2.avsc`,
    );
    expect(() => readSchemas(folder)).toThrow(
      'Version 1 of OrderReady is not in schemas/released/brew.kitchen.v1',
    );
  });

  test.each<[string, (text: string) => string, string]>([
    ['no JSON', () => '{', "can't be read"],
    [
      'another name',
      (text) => text.replace('OrderReady', 'OrderBurnt'),
      'holds no record brew.kitchen.v1.OrderReady',
    ],
    [
      'another namespace',
      (text) => text.replace('kitchen', 'bar'),
      'holds no record brew.kitchen.v1.OrderReady',
    ],
    ['no key', (text) => text.replace('"orderId"', '"orderNumber"'), 'has no string field orderId'],
  ])('refuses a file with %s', (_, change, message) => {
    writeFileSync(folder + ready, change(readFileSync(folder + ready, 'utf8')));
    expect(() => readSchemas(folder)).toThrow(message);
  });
});

describe('every schema', () => {
  const fieldsOf = (schema: AvroSchema, path: string): [string, FieldSchema][] => {
    if (typeof schema !== 'object' || Array.isArray(schema)) return [];
    const type = schema as Exclude<AvroSchema, string | readonly AvroSchema[]>;
    if (type.type === 'array') return fieldsOf(type.items, path);
    if (type.type !== 'record') return [];
    return type.fields.flatMap((field) => [
      [`${path}.${field.name}`, field],
      ...fieldsOf(field.type, `${path}.${field.name}`),
    ]);
  };

  test.each(readSchemas().map(({ name, schema }) => [name, schema] as const))(
    'explains %s and its fields',
    (name, schema) => {
      expect(schema.doc).toMatch(/\.$/);
      const undocumented = fieldsOf(schema, name).filter(([, field]) => !field.doc?.endsWith('.'));
      expect(undocumented.map(([path]) => path)).toEqual([]);
    },
  );
});
