import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRig, type Rig } from '../testing/rig.ts';
import { copyIn } from './copyIn.ts';
import { createRowReader } from './rowReader.ts';
import { createRowWriter } from './rowWriter.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.db.query(
    'create table copied (n integer, name text, small integer, large bigint, at timestamptz)',
  );
});
afterAll(() => rig?.stop());

interface Row {
  name: string | null;
  small: number | null;
  large: number | null;
  at: number | null;
}

const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const rows = fc.array(
  fc.record<Row>({
    name: orNull(fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', ''))),
    small: orNull(fc.integer()),
    large: orNull(fc.maxSafeInteger()),
    at: orNull(fc.integer({ min: 0, max: Date.UTC(9999, 11, 31) })),
  }),
  { maxLength: 40 },
);

function written(all: readonly Row[]): Buffer {
  const writer = createRowWriter();
  const put = <T>(value: T | null, write: (value: T) => void) =>
    value === null ? writer.null() : write(value);
  for (const [n, { name, small, large, at }] of all.entries()) {
    writer.row(5);
    writer.integer(n);
    // Both ways in which a text can be written.
    if (n % 2 === 0) put(name, writer.text);
    else put(name, (text) => writer.utf8(Buffer.from(`<${text}>`), 1, Buffer.byteLength(text) + 1));
    put(small, writer.integer);
    put(large, writer.bigint);
    put(at, writer.time);
  }
  expect(writer.rows).toBe(all.length);
  return writer.end();
}

test('what is written is what the table has', async () => {
  await using client = await disposable();
  await fc.assert(
    fc.asyncProperty(rows, async (all) => {
      await client.query('truncate copied');
      await copyIn(client, 'copied', written(all));
      const { rows: found } = await client.query(
        `select name, small, large::float8 as large, (extract(epoch from at) * 1000)::float8 as at from copied order by n`,
      );
      expect(found).toEqual(all);
    }),
    { numRuns: 50 },
  );
});

test('what is written can be read again', () => {
  fc.assert(
    fc.property(rows, (all) => {
      const reader = createRowReader(written(all));
      for (const [n, row] of all.entries()) {
        expect(reader.next()).toBe(true);
        expect(reader.integer()).toBe(n);
        const [name, small, large, at] = [reader.text(), reader.integer(), reader.bigint(), reader.time()];
        expect({ name, small, large, at }).toEqual(row);
      }
      expect(reader.next()).toBe(false);
    }),
  );
});

test('rows that the table refuses leave the connection as it was', async () => {
  await using client = await disposable();
  await client.query('truncate copied');
  await expect(copyIn(client, 'copied (n)', written([]).subarray(0, 5))).rejects.toThrow();
  await expect(copyIn(client, 'nowhere', written([]))).rejects.toMatchObject({ code: '42P01' });
  await copyIn(client, 'copied', written([{ name: 'a', small: 1, large: 2, at: 3 }]));
  expect((await client.query('select name from copied')).rows).toEqual([{ name: 'a' }]);
});

async function disposable() {
  const client = await rig.db.connect();
  return Object.assign(client, { [Symbol.asyncDispose]: () => client.end() });
}
