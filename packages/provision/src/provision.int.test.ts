import { randomBytes } from 'node:crypto';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import { createDatabase } from '@brew/postgres';
import { infrastructure } from '@brew/sandbox/testing';
import { expect, jest, test } from '@jest/globals';
import { pino } from 'pino';
import { registryDatabase } from './databases.ts';
import { runJob } from './jobs.ts';
import { services } from './services.ts';
import { declaredTopics } from './topics.ts';

jest.setTimeout(60_000);

const { brokers, registryUrl, postgresUrl } = infrastructure();
const env = {
  POSTGRES_URL: postgresUrl,
  KAFKA_BROKERS: brokers.join(','),
  SCHEMA_REGISTRY_URL: registryUrl,
};
const log = pino({ level: 'silent' });

test('databases: each with a role that owns it, and nothing to do the second time', async () => {
  await runJob('databases', env);
  expect(await runJob('databases', env)).toBe('databases: 0 created');
  await using database = createDatabase({ url: postgresUrl, applicationName: 'test', log });
  const { rows } = await database.query<{ datname: string }>(
    'select datname from pg_database d join pg_roles r on r.oid = d.datdba where rolname = datname',
  );
  const names = rows.map(({ datname }) => datname);
  expect(names).toEqual(expect.arrayContaining([registryDatabase, ...services.map((s) => s.database)]));
});

test('topics: all that are declared, and nothing to do the second time', async () => {
  await runJob('topics', env);
  expect(await runJob('topics', env)).toBe(`topics: ${declaredTopics.length}, 0 of them new`);
  await using admin = createAdmin({ client: createKafkaClient({ brokers, clientId: 'test', log }), log });
  const names = (await admin.describeTopics()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(declaredTopics.map(({ name }) => name)));
});

test('schemas: every event has one, however often it is done', async () => {
  expect(await runJob('schemas', env)).toMatch(/^schemas: \d+$/);
  expect(await runJob('schemas', env)).toMatch(/^schemas: \d+$/);
});

test('says which jobs there are, and which address is missing', async () => {
  await expect(runJob(randomBytes(4).toString('hex'), env)).rejects.toThrow(
    'The job has to be one of databases, topics, schemas.',
  );
  await expect(runJob('topics', {})).rejects.toThrow('KAFKA_BROKERS is not set.');
});
