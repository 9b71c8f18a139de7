import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createDatabase, type Database } from '@brew/postgres';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { freeMiB } from '../disk.ts';
import { superuserUrl } from '../infrastructure.ts';
import { brokerAnswers } from '../kafka/ready.ts';
import { freePorts, type Ports } from '../ports.ts';
import { postgresAnswers, preparePostgres } from '../postgres/server.ts';
import { removeData } from '../runs.ts';
import { prepareLoneNode } from '../testing/loneNode.ts';
import { onlyIf } from '../testing/onlyIf.ts';
import { until } from '../testing/until.ts';
import { createKeptProcesses, type KeptProcesses } from './keptProcesses.ts';
import { claimRun, type RunFile, readRun } from './runFile.ts';

const log = pino({ level: 'silent' });
const run = promisify(execFile);
/** Room for the files of PostgreSQL, or of a broker, and for a start. */
const DISK = '320m';

// A name that Java reads only if it is escaped, and in a locale that has its letters.
const dir = await mkdtemp(join(tmpdir(), 'brew kleine Küche ☕-'));
let whyNot: string | undefined;
let ports: Ports;
try {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=0755`, 'brew', dir]);
} catch {
  await rm(dir, { recursive: true });
  whyNot = 'only root may make a small disk, and not everywhere';
}
beforeAll(async () => {
  ports = await freePorts();
});
afterAll(async () => {
  await run('umount', ['--lazy', dir]);
  await rm(dir, { recursive: true, force: true });
});

onlyIf(whyNot, describe)('on a disk that was full and has room again', () => {
  let runFile: RunFile;
  let processes: KeptProcesses;
  const fates: string[] = [];
  beforeEach(async () => {
    fates.length = 0;
    runFile = await claimRun(dir, ports);
    processes = createKeptProcesses({
      dir,
      runFile,
      signal: new AbortController().signal,
      onExit: () => {},
      onFate: (_, fate) => fates.push(fate?.state ?? 'started'),
      onReady: () => {},
    });
  });
  afterEach(async () => {
    await processes.stop([{ names: ['postgres'], graceMs: 10_000 }]);
    await runFile.release();
    await removeData(dir);
  });

  test('PostgreSQL comes back by itself, with what was committed, and run.json tells', async () => {
    const url = superuserUrl(ports);
    const { spec } = await preparePostgres(dir, ports);
    await processes.run(spec, (waiting) => postgresAnswers(url, { ...waiting, log }));
    await using database = createDatabase({ url, applicationName: 'test', log });
    await database.query('create table kept as select 0 as round');

    for (let round = 1; round <= 2; round++) {
      await until(() => database.query('insert into kept values ($1)', [round]));
      await fill();
      await writeUntilItDies(database);
      await until(() => fates.at(-1) === 'no-room');
      // Which there is no room to write down.
      expect(processes.fates()).toEqual({ postgres: { state: 'no-room' } });
      await empty();
      await until(() => fates.at(-1) === 'back');
      // What could not be written meanwhile is written now.
      await until(async () => (await readRun(dir))?.fates.postgres?.state === 'back');
    }
    const { rows } = await until(() => database.query('select count(*)::int as rows from kept'));
    expect(rows).toEqual([{ rows: 3 }]);
  });

  test('a broker comes back by itself', async () => {
    const { node, spec } = await prepareLoneNode(dir, ports);
    await processes.run(spec, (waiting) => brokerAnswers(node.port, waiting));
    await fill();
    // Nobody writes to it, but its controller does, twice a second.
    await until(() => fates.at(-1) === 'no-room');
    // By hand neither: on a full disk it would empty its log.
    await expect(processes.again(node.name)).rejects.toThrow(/^The disk of .* needs \d+ MiB to start/);
    await until(() => fates.at(-1) === 'no-room');
    await empty();
    await until(() => fates.at(-1) === 'back');
    expect(fates).not.toContain('waiting');
  });
});

const filling = () => join(dir, 'filling');

async function fill(): Promise<void> {
  const block = Buffer.alloc(1024 ** 2);
  while ((await freeMiB(dir)) > 0) await appendFile(filling(), block).catch(() => {});
  // To the last byte.
  for (let bytes = block.length; bytes >= 1; bytes /= 4) {
    await until(() =>
      appendFile(filling(), block.subarray(0, bytes)).then(
        () => false,
        () => true,
      ),
    );
  }
}
const empty = () => rm(filling());

/** Only its WAL grows, without which it can't go on at all. */
async function writeUntilItDies(database: Database): Promise<void> {
  await until(() =>
    database.query(`select pg_logical_emit_message(false, 'test', repeat('x', 1000000))`).then(
      () => false,
      () => true,
    ),
  );
}
