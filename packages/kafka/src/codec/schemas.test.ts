import { expect, test } from '@jest/globals';
import { RegistryUnavailableError, UndecodableRecordError } from '../errors.ts';
import type { Ask } from './ask.ts';
import { createSchemas } from './schemas.ts';

const beans = { type: 'record', name: 'Beans', fields: [{ name: 'grams', type: 'int' }] };
const unknown = { error_code: 40403, message: 'Schema not found' };

/** A registry that answers with what `answers` has for a path, and how often it was asked. */
function registryOf(answers: (path: string) => unknown, now?: () => number) {
  const asked: string[] = [];
  const ask = async ({ path }: { path: string }) => {
    asked.push(path);
    const answer = answers(path);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  return { schemas: createSchemas(ask as Ask, now), asked };
}

const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test('asks for a schema once, whoever wants it', async () => {
  const { schemas, asked } = registryOf(() => ({ schema: JSON.stringify(beans) }));
  const types = await Promise.all([schemas.get(1), schemas.get(1)]);
  expect([...types, await schemas.get(1)].map(({ name }) => name)).toEqual(['Beans', 'Beans', 'Beans']);
  expect(asked).toEqual(['/schemas/ids/1']);
});

test('asks again for a while for one that was registered a moment ago', async () => {
  let questions = 0;
  const { schemas } = registryOf(() => (++questions < 4 ? unknown : { schema: JSON.stringify(beans) }));
  expect((await schemas.get(1)).name).toBe('Beans');
});

test('is not held up by many that nobody has, nor asks for the same one again and again', async () => {
  const { schemas, asked } = registryOf(() => unknown);
  const begun = performance.now();
  for (let round = 0; round < 5; round++) {
    for (let id = 1; id <= 200; id++) {
      expect(await problemOf(schemas.get(id))).toEqual(
        new UndecodableRecordError(`the registry has no schema ${id}`),
      );
    }
  }
  expect(performance.now() - begun).toBeLessThan(4_000);
  expect(new Set(asked).size).toBe(200);
  expect(asked.length).toBeLessThan(250);
  expect(await problemOf(schemas.get(-5))).toBeInstanceOf(UndecodableRecordError);
  expect(asked).not.toContain('/schemas/ids/-5');
});

test('takes what is away for away, and asks again', async () => {
  let down = true;
  const outage = new RegistryUnavailableError('http://x', new Error('status 404: <html>no upstream</html>'));
  const { schemas } = registryOf(() => (down ? outage : { schema: JSON.stringify(beans) }));
  expect(await problemOf(schemas.get(1))).toBe(outage);
  down = false;
  expect((await schemas.get(1)).name).toBe('Beans');
});

test('looks again later at one that was of no use: what was answered then may have been wrong', async () => {
  let time = 0;
  let answer: unknown = { schema: '{"type":' };
  const { schemas } = registryOf(
    () => answer,
    () => time,
  );
  expect(await problemOf(schemas.get(1))).toBeInstanceOf(UndecodableRecordError);
  answer = { schema: JSON.stringify(beans) };
  time = 29_000;
  expect(await problemOf(schemas.get(1))).toBeInstanceOf(UndecodableRecordError);
  time = 31_000;
  expect((await schemas.get(1)).name).toBe('Beans');
});

test('reads a schema that refers to others', async () => {
  const cup = {
    ...{ type: 'record', name: 'Cup' },
    fields: ['beans', 'again'].map((name) => ({ name, type: 'Beans' })),
  };
  const reference = { name: 'Beans', subject: 'beans/v', version: 3 };
  const answers: Record<string, object> = {
    '/schemas/ids/1': { schema: JSON.stringify(cup), references: [reference, reference] },
    '/subjects/beans%2Fv/versions/3': { schema: JSON.stringify(beans) },
  };
  const { schemas, asked } = registryOf((path) => answers[path]);
  expect((await schemas.get(1)).name).toBe('Cup');
  expect(asked).toHaveLength(2);
});

const deep = (depth: number) => `${'{"type":"array","items":'.repeat(depth)}"int"${'}'.repeat(depth)}`;
const toItself = [{ name: 'x', subject: 'x', version: 1 }];

test.each<[string, object, RegExp]>([
  ['no Avro', { schema: 'syntax = "proto3";', schemaType: 'PROTOBUF' }, /is PROTOBUF, not Avro/],
  ['JSON Schema', { schema: '{}', schemaType: 'JSON' }, /is JSON, not Avro/],
  ['no JSON', { schema: '{"type":' }, /can't be used/],
  ['no schema', { schema: '{"type":"bean"}' }, /unknown type: "bean"/],
  ['megabytes', { schema: JSON.stringify({ ...beans, doc: 'x'.repeat(2 << 20) }) }, /characters/],
  ['lists in lists in lists …', { schema: deep(40_000) }, /can't be used/],
  [
    'a reference to what is not there',
    { schema: '"x"', references: [{ name: 'x', subject: 'gone', version: 1 }] },
    /no version 1 of gone/,
  ],
  ['a reference to itself', { schema: '"x"', references: toItself }, /undefined type name/],
])('takes a schema that is %s for the fault of the record, and asks for it once', async (_, found, why) => {
  const { schemas, asked } = registryOf((path) => {
    if (path.startsWith('/subjects/gone')) return { error_code: 40401, message: 'Subject not found' };
    return path.startsWith('/subjects/x') ? { schema: '"x"', references: toItself } : found;
  });
  for (let times = 0; times < 2; times++) {
    const problem = await problemOf(schemas.get(1));
    expect(problem).toBeInstanceOf(UndecodableRecordError);
    expect(String(problem)).toMatch(why);
  }
  expect(asked.filter((path) => path === '/schemas/ids/1')).toHaveLength(1);
});
