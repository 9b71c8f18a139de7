import {
  type AvroSchema,
  BrewError,
  createCheck,
  type EventType,
  eventTypes,
  problemIn,
  type RecordSchema,
} from '@brew/events';
import { expect, test } from '@jest/globals';
import avro, { type Type } from 'avsc';
import fc from 'fast-check';
import { createFieldReader } from './fieldReader.ts';
import { readWhole } from './fields/readWhole.ts';
import { createReaders } from './readers.ts';
import { frame, HEADER_BYTES } from './wireFormat.ts';

const SCHEMA_ID = 7;

/** Values that Brew makes, by the names of their fields. */
const texts: Record<string, fc.Arbitrary<string>> = {
  orderId: fc.uuid(),
  currency: fc.constantFrom('EUR', 'USD', 'JPY'),
  sku: fc.stringMatching(/^[a-z0-9]{1,9}$/),
};
const text = fc
  .string({ minLength: 1, maxLength: 20, unit: fc.constantFrom(...'aZ é😀9-') })
  .map((some) => `x${some}`);

function dataOf(
  schema: AvroSchema,
  field: string,
  named = new Map<string, AvroSchema>(),
): fc.Arbitrary<unknown> {
  if (typeof schema === 'string') {
    const known = named.get(schema);
    if (known) return dataOf(known, field, named);
    if (schema === 'null') return fc.constant(null);
    return schema === 'string' ? (texts[field] ?? text) : fc.integer({ min: 1, max: 99 });
  }
  if (Array.isArray(schema)) return fc.oneof(...schema.map((branch) => dataOf(branch, field, named)));
  const one = schema as Exclude<AvroSchema, string | readonly AvroSchema[]>;
  if (one.type === 'record') {
    named.set(one.name, one);
    return fc.record(
      Object.fromEntries(one.fields.map(({ name, type }) => [name, dataOf(type, name, named)])),
    );
  }
  if (one.type === 'array') return fc.array(dataOf(one.items, field, named), { minLength: 1, maxLength: 4 });
  if (one.type === 'enum') {
    named.set(one.name, one);
    return fc.constantFrom(...one.symbols);
  }
  return fc.integer({ min: 0, max: 2_000_000_000_000 });
}

const varint = fc.constantFrom(
  '80a8d6b907',
  'feffffffffffffffff01',
  'ffffffffffffffffff01',
  '01',
  '00',
  '7f',
  'ffffffffff7f',
);
const mutation = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('flip', 'cut', 'insert', 'repeat', 'remove'),
  bits: fc.integer({ min: 1, max: 255 }),
  insert: fc.oneof(
    varint.map((hex) => Buffer.from(hex, 'hex')),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => Buffer.from(bytes)),
  ),
});

function mutate(
  value: Buffer,
  { at, kind, bits, insert }: { at: number; kind: string; bits: number; insert: Buffer },
): Buffer {
  const place = HEADER_BYTES + (at % Math.max(1, value.length - HEADER_BYTES));
  const [before, after] = [value.subarray(0, place), value.subarray(place)];
  switch (kind) {
    case 'flip':
      return Buffer.concat([before, Buffer.of((after[0] ?? 0) ^ bits), after.subarray(1)]);
    case 'cut':
      return before;
    case 'insert':
      return Buffer.concat([before, insert, after]);
    case 'repeat':
      return Buffer.concat([before, after, after]);
    default:
      return Buffer.concat([before, after.subarray(1 + (bits % 8))]);
  }
}

test.each(eventTypes.map((type) => [type.name, type] as const))(
  '%s, whatever becomes of its bytes, is an event that Brew could have made, or the fault of its record, and costs little',
  async (_, type: EventType) => {
    const avroType: Type = avro.Type.forSchema(type.schema as never);
    const registry = { schemaOf: async () => avroType };
    const read = await createReaders(registry).learn(SCHEMA_ID, type);
    const all = Object.fromEntries(
      (type.schema as RecordSchema).fields.map(({ name }) => [name, true] as const),
    );
    const some = createFieldReader(registry, type, all as never);
    const check = createCheck(type);
    const before = process.memoryUsage().heapUsed;
    await fc.assert(
      fc.asyncProperty(
        dataOf(type.schema, ''),
        fc.array(mutation, { maxLength: 3 }),
        async (data, mutations) => {
          const good = frame(SCHEMA_ID, avroType, data);
          await some.learn(good, 0, good.length);
          expect(problemIn(type, data)).toBeUndefined();
          const value = mutations.reduce(mutate, good);
          const begun = performance.now();
          try {
            const event = readWhole(read, SCHEMA_ID, value, HEADER_BYTES, value.length);
            if (check(event) === undefined) {
              // What is believed can be written again.
              avroType.toBuffer(event);
              expect(some.read(value, 0, value.length)).toEqual(event);
            }
          } catch (error) {
            expect(error).toBeInstanceOf(BrewError);
            expect(error).toMatchObject({ retryable: false });
            expect(() => some.read(value, 0, value.length)).toThrow(BrewError);
          }
          expect(performance.now() - begun).toBeLessThan(1_000);
        },
      ),
      { numRuns: 400 },
    );
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 << 20);
  },
);
