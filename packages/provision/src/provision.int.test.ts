import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { OrderPlaced, type RecordSchema } from '@brew/events';
import { olderSchemas } from '@brew/events/olderSchemas';
import { createAdmin, createCodec, createKafkaClient, createProducer } from '@brew/kafka';
import { createDatabase } from '@brew/postgres';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { expect, test } from '@jest/globals';
import { pino } from 'pino';
import { dropDatabase, ensureDatabases, registryDatabase } from './databases.ts';
import { TopicDiffersError } from './errors.ts';
import { runJob } from './jobs.ts';
import { ensureService, lookAtService, removeService } from './oneService.ts';
import { ensureSchemas } from './schemas.ts';
import { services } from './services.ts';
import { declaredTopics } from './topics.ts';

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

test('databases: one that is the copy of a superuser belongs to its role again, and to nobody else', async () => {
  const name = uniqueName('restored');
  await ensureDatabases(postgresUrl, log, [name]);
  await using database = createDatabase({ url: postgresUrl, max: 1, applicationName: 'test', log });
  await database.query(`create database "${name}_copy" template "${name}"`);
  await database.query(`drop database "${name}"`);
  await database.query(`alter database "${name}_copy" rename to "${name}"`);
  expect(await ensureDatabases(postgresUrl, log, [name])).toBe(0);
  const { rows } = await database.query(
    `select pg_get_userbyid(datdba) as owner, has_database_privilege('public', oid, 'connect, temporary') as open
     from pg_database where datname = $1`,
    [name],
  );
  expect(rows).toEqual([{ owner: name, open: false }]);
  await dropDatabase(name, postgresUrl, log);
});

test('topics: all that are declared, and nothing to do the second time', async () => {
  await runJob('topics', env);
  expect(await runJob('topics', env)).toBe(`topics: ${declaredTopics.length}, 0 of them new`);
  await using admin = createAdmin({ client: createKafkaClient({ brokers, clientId: 'test', log }), log });
  const names = (await admin.describeTopics()).map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(declaredTopics.map(({ name }) => name)));
});

test('topics: names those that are not as declared, and first what loses nothing', () => {
  const differing = (topic: string, ...differences: string[]) => ({
    topic,
    outcome: 'differs' as const,
    differences,
  });
  const { message } = new TopicDiffersError([
    differing(
      'brew.orders.v1',
      'it has 8 partitions, declared are 6',
      'its retention.ms is 1, declared is 2',
    ),
    differing('brew.kitchen.v1', 'it has 9 partitions, declared are 6'),
  ]);
  expect(message).toBe(
    "The cluster's topics are not as declared. brew.orders.v1: it has 8 partitions, declared are 6, its retention.ms is 1, declared is 2. brew.kitchen.v1: it has 9 partitions, declared are 6. Declare what is there (packages/events), or set settings back (kafka-configs): neither loses anything. Topics that are new (npm start -- --fresh, or docker compose down -v) remove all data.",
  );
});

test('schemas: every event has one, however often it is done', async () => {
  expect(await runJob('schemas', env)).toMatch(/^schemas: \d+$/);
  expect(await runJob('schemas', env)).toMatch(/^schemas: \d+$/);
});

test('schemas: waits for a registry that hangs up on everybody for a while', async () => {
  const { port, hostname } = new URL(registryUrl);
  let callers = 0;
  // More than one question is asked for.
  await using gate = createServer((caller) => {
    callers += 1;
    if (callers <= 4) return void caller.destroy();
    const registry = connect(Number(port), hostname);
    caller.pipe(registry).pipe(caller);
    for (const socket of [caller, registry]) socket.on('error', () => socket.destroy());
  });
  gate.listen(0, '127.0.0.1');
  await once(gate, 'listening');
  const url = registryUrl.replace(`:${port}/`, `:${(gate.address() as AddressInfo).port}/`);
  expect(await runJob('schemas', { SCHEMA_REGISTRY_URL: url })).toMatch(/^schemas: \d+$/);
  expect(callers).toBeGreaterThan(4);
});

test('schemas: an event that is new to the registry has all its versions, in their order', async () => {
  const type = { ...OrderPlaced, subject: uniqueName('history') };
  const versions = async (): Promise<RecordSchema[]> => {
    const url = `${registryUrl}/subjects/${type.subject}/versions`;
    const numbers = (await (await fetch(url)).json()) as number[];
    return Promise.all(
      numbers.map(async (n) => (await fetch(`${url}/${n}/schema`)).json() as Promise<RecordSchema>),
    );
  };
  await ensureSchemas(registryUrl, log, [type]);
  await ensureSchemas(registryUrl, log, [type]);
  expect(await versions()).toEqual([...(olderSchemas.get(type.type) ?? []), type.schema]);

  // It began with the newest one, in a registry of its own: what is older does not come after it.
  type.subject = uniqueName('no-history');
  await createCodec({ registryUrl, log }).register([type]);
  await ensureSchemas(registryUrl, log, [type]);
  expect(await versions()).toEqual([type.schema]);
});

test('says which jobs there are, and which address is missing', async () => {
  await expect(runJob(randomBytes(4).toString('hex'), env)).rejects.toThrow(
    'The job has to be one of databases, topics, schemas.',
  );
  await expect(runJob('topics', {})).rejects.toThrow('KAFKA_BROKERS is not set.');
});

test('one service: made in a system that knew nothing of it, and removed with all that it had', async () => {
  const name = uniqueName('service');
  const service = { name, database: name };
  const running = { brokers, superuserUrl: postgresUrl, log };
  const url = new URL(postgresUrl.replace(/\/\/.*@/, `//${name}:${name}@`));
  url.pathname = `/${name}`;

  // Typed in two terminals at once: neither falls over what the other makes.
  await Promise.all([1, 2, 3].map(() => ensureService(service, running)));
  await ensureService(service, running);
  const client = createKafkaClient({ brokers, clientId: 'test', log });
  await using producer = createProducer({ client, log });
  await producer.start();
  await producer.send([{ topic: `${name}.dlq`, key: 'k', value: Buffer.from('poison'), headers: {} }]);
  await using database = createDatabase({ url: url.href, applicationName: 'test', log });
  await database.ping();
  expect(await lookAtService(service, running)).toEqual({ deadLetters: 1, sessions: 1 });

  await database.stop();
  await removeService(service, running);
  await using admin = createAdmin({ client, log });
  await until(async () => (await admin.describeTopics()).every((topic) => topic.name !== `${name}.dlq`), {
    what: 'the topic to be gone',
  });
  expect(await lookAtService(service, running)).toEqual({ deadLetters: 0, sessions: 0 });
  await removeService(service, running);
});
