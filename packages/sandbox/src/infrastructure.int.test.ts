import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createAdmin, createKafkaClient, createProducer } from '@brew/kafka';
import { createDatabase } from '@brew/postgres';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { type Infrastructure, startInfrastructure } from './infrastructure.ts';
import { layout } from './paths.ts';
import { freePorts, type Ports } from './ports.ts';
import { preparePostgres } from './postgres/server.ts';
import { isAlive } from './processes/processIdentity.ts';
import { readRun } from './processes/runFile.ts';
import { findRun, removeData } from './runs.ts';
import { temporaryFolder } from './testing/temporaryFolder.ts';
import { until } from './testing/until.ts';

const log = pino({ level: 'silent' });
let dir: string;
let ports: Ports;

beforeAll(async () => {
  dir = await temporaryFolder('brew-infrastructure'); // server.int.test.ts has the closed case
  ports = await freePorts();
});
afterAll(async () => {
  await removeData(dir);
  await rm(dir, { recursive: true });
});

describe('while it runs', () => {
  let infrastructure: Infrastructure;
  const exits: string[] = [];
  const fates: string[] = [];
  const start = () =>
    startInfrastructure({
      dir,
      ports,
      onExit: (error, name) => exits.push(`${name}: ${error.code}`),
      onFate: (name, fate) => fates.push(`${name} ${fate?.state ?? 'started'}`),
    });
  beforeAll(async () => {
    infrastructure = await start();
  });
  afterEach(() => {
    exits.length = 0;
    fates.length = 0;
  });
  afterAll(() => infrastructure?.stop());

  test('each node is a directory of its own in the one cluster', async () => {
    const metas = await Promise.all(
      [1, 2, 3].map((id) => readFile(join(layout(dir).data, `kafka-${id}`, 'meta.properties'), 'utf8')),
    );
    const of = (key: string) =>
      metas.map((meta) => new RegExp(`^${key.replace('.', '\\.')}=(.+)$`, 'm').exec(meta)?.[1]);
    expect(of('cluster.id')).toEqual(Array(3).fill('5nnS6DRtQnKwoMjkkVxxug'));
    expect(of('node.id')).toEqual(['1', '2', '3']);
    expect(new Set(of('directory.id')).size).toBe(3);
  });

  test('a second start is told so, and does no harm', async () => {
    await expect(startInfrastructure({ dir, ports: await freePorts() })).rejects.toMatchObject({
      code: 'BREW_ALREADY_RUNNING',
      message: expect.stringContaining(`as process ${process.pid}, in ${dir}`),
    });
    expect((await findRun(dir))?.processes).toHaveLength(5);
  });

  test('a start elsewhere on the same ports is told which are taken, and by whom', async () => {
    const elsewhere = await mkdtemp(join(tmpdir(), 'brew-elsewhere-'));
    const refused = startInfrastructure({ dir: elsewhere, ports });
    await expect(refused).rejects.toMatchObject({ code: 'BREW_PORT_TAKEN' });
    const postgres = infrastructure.processes().find(({ name }) => name === 'postgres');
    // PostgreSQL belongs to another user only when we are root, and root sees all.
    await expect(refused).rejects.toThrow(
      `Port ${ports.postgres}, needed for PostgreSQL, is taken by process ${postgres?.pid} (`,
    );
    await rm(elsewhere, { recursive: true });
  });

  test('each service has a database that no other role can open', async () => {
    const { postgresUrl } = infrastructure;
    const asKitchen = postgresUrl
      .replace('postgres:postgres@', 'kitchen:kitchen@')
      .replace(/\/postgres$/, '/orders');
    await using database = createDatabase({ url: asKitchen, applicationName: 'test', log });
    await expect(database.query('select 1')).rejects.toThrow(/permission denied for database "orders"/);
  });

  test('a broker that is killed and started again is in the cluster as before', async () => {
    await infrastructure.kill('kafka-2');
    expect(infrastructure.processes().map(({ name }) => name)).not.toContain('kafka-2');
    await infrastructure.start('kafka-2');
    await using admin = adminOf(infrastructure);
    await until(async () => (await admin.describeCluster()).brokers.length === 3);
    expect(exits).toEqual([]);
  });

  test('a process that dies by itself is reported by name, and comes back', async () => {
    const postgres = infrastructure.processes().find(({ name }) => name === 'postgres');
    // At once, with all of its own processes.
    process.kill(postgres?.pid ?? 0, 'SIGQUIT');
    await until(() => fates.at(-1) === 'postgres back');
    expect(exits).toEqual(['postgres: BREW_PROCESS_DIED']);
    expect(fates).toEqual(['postgres waiting', 'postgres back']);
    await using database = databaseOf(infrastructure, 'orders');
    expect((await database.query('select 1')).rowCount).toBe(1);
  });

  test('brokers that were all killed come back although they are started one by one', async () => {
    const brokers = ['kafka-1', 'kafka-2', 'kafka-3'];
    for (const name of brokers) await infrastructure.kill(name);
    const started: Promise<void>[] = [];
    for (const broker of brokers) {
      started.push(infrastructure.start(broker));
      await until(() => infrastructure.processes().some(({ name }) => name === broker));
    }
    await Promise.all(started);
    await using admin = adminOf(infrastructure);
    await until(async () => (await admin.describeCluster()).brokers.length === 3);
  });

  test('keeps cluster, topics, records and rows across a stop', async () => {
    const topic = 'kept';
    {
      await using admin = adminOf(infrastructure);
      await admin.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 3, config: {} }]);
      await using producer = createProducer({ client: clientOf(infrastructure), log });
      await producer.start();
      await producer.send([{ topic, key: 'a', value: Buffer.from('1'), headers: {} }]);
      await using database = databaseOf(infrastructure, 'orders');
      await database.query('create table kept as select 42 as answer');
    }
    await infrastructure.stop();
    expect(await running()).toEqual([]);
    expect(await readRun(dir)).toBeUndefined();

    infrastructure = await start();
    await using admin = adminOf(infrastructure);
    expect(await admin.describeCluster()).toMatchObject({
      clusterId: '5nnS6DRtQnKwoMjkkVxxug',
      brokers: [{ nodeId: 1 }, { nodeId: 2 }, { nodeId: 3 }],
    });
    expect(await admin.topicOffsets(topic)).toEqual([{ partition: 0, earliest: 0n, latest: 1n }]);
    await using database = databaseOf(infrastructure, 'orders');
    expect((await database.query('select answer from kept')).rows).toEqual([{ answer: 42 }]);
  });

  test('all of it is gone at once when it has to be', async () => {
    const processes = (await readRun(dir))?.processes ?? [];
    expect(processes.map(({ name }) => name).sort()).toEqual([
      ...['kafka-1', 'kafka-2', 'kafka-3', 'postgres', 'registry'],
    ]);
    await infrastructure.stop({ now: true });
    expect(await Promise.all(processes.map(isAlive))).toEqual([false, false, false, false, false]);
    await until(async () => (await running()).length === 0);
  });
});

describe('a start that fails stops what it had started', () => {
  test('when a process dies: its name, how, and the end of its log are told', async () => {
    await preparePostgres(dir, ports);
    const settings = join(layout(dir).postgresData, 'postgresql.auto.conf');
    const sound = await readFile(settings, 'utf8');
    await writeFile(settings, 'no_such_setting = 1\n');
    await expect(startInfrastructure({ dir, ports })).rejects.toMatchObject({
      code: 'BREW_PROCESS_DIED',
      message: expect.stringMatching(
        /^postgres ended by itself \(exit code 1\)\. Read its log, .*\/logs\/postgres\.log, which ends with:\n.*no_such_setting/s,
      ),
    });
    expect(await running()).toEqual([]);
    expect(await readRun(dir)).toBeUndefined();
    await writeFile(settings, sound);
  });

  test('when it is given up', async () => {
    const giveUp = new AbortController();
    const start = startInfrastructure({
      dir,
      ports,
      signal: giveUp.signal,
      onStep: ({ name }) => name === 'kafka-3' && giveUp.abort(new Error('no longer wanted')),
    });
    await expect(start).rejects.toThrow('no longer wanted');
    expect(await running()).toEqual([]);
    expect(await readRun(dir)).toBeUndefined();
  });
});

test('data of the other mode is refused', async () => {
  const dedicated = await mkdtemp(join(tmpdir(), 'brew-dedicated-'));
  for (const node of ['controller-1', 'kafka-1'])
    await mkdir(join(dedicated, 'data', node), { recursive: true });
  await expect(startInfrastructure({ dir: dedicated, ports })).rejects.toMatchObject({
    code: 'BREW_CONFIG_INVALID',
    message: expect.stringContaining('Start with --kafka dedicated'),
  });
  await rm(dedicated, { recursive: true });
});

function clientOf({ brokers }: Infrastructure) {
  return createKafkaClient({ brokers, clientId: 'test', log });
}

function adminOf(infrastructure: Infrastructure) {
  return createAdmin({ client: clientOf(infrastructure), log });
}

function databaseOf(infrastructure: Infrastructure, name: string) {
  return createDatabase({ url: infrastructure.databaseUrl(name), applicationName: 'test', log });
}

/** Command lines of processes that have to do with our folder. */
async function running(): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-ww', '-eo', 'args=']);
  return stdout.split('\n').filter((line) => line.includes(dir));
}
