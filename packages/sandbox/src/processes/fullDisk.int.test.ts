import { execFile } from 'node:child_process';
import { appendFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createDatabase, type Database } from '@brew/postgres';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { freeMiB } from '../disk.ts';
import { freePorts, type Ports } from '../ports.ts';
import { postgresAnswers, preparePostgres, superuserPassword } from '../postgres/server.ts';
import { onlyIf } from '../testing/onlyIf.ts';
import { until } from '../testing/until.ts';
import { createKeptProcesses } from './keptProcesses.ts';
import { claimRun, readRun } from './runFile.ts';

const log = pino({ level: 'silent' });
const run = promisify(execFile);
/** Room for PostgreSQL's own files, and for a start. */
const DISK = '320m';

let dir: string;
let whyNot: string | undefined;
let ports: Ports;
try {
  dir = await mkdtemp(join(tmpdir(), 'brew-small-'));
  await run('mount', ['-t', 'tmpfs', '-o', `size=${DISK},mode=0755`, 'brew', dir]);
} catch {
  whyNot = 'only root may make a small disk, and not everywhere';
}
beforeAll(async () => {
  ports = await freePorts();
});
afterAll(async () => {
  if (whyNot === undefined) await run('umount', ['--lazy', dir]);
  await rm(dir, { recursive: true, force: true });
});

onlyIf(whyNot, test)(
  'PostgreSQL comes back by itself when a disk that was full has room, and with what was committed',
  async () => {
    const url = `postgresql://postgres:${superuserPassword}@127.0.0.1:${ports.postgres}/postgres`;
    const fates: string[] = [];
    const runFile = await claimRun(dir, ports);
    const processes = createKeptProcesses({
      dir,
      runFile,
      signal: new AbortController().signal,
      onExit: () => {},
      onFate: (_, fate) => fates.push(fate?.state ?? 'started'),
      onReady: () => {},
    });
    try {
      const { spec } = await preparePostgres(dir, ports);
      await processes.run(spec, (waiting) => postgresAnswers(url, { ...waiting, log }));
      await using database = createDatabase({ url, applicationName: 'test', log });
      await database.query('create table kept as select 0 as round');

      for (let round = 1; round <= 2; round++) {
        await until(() => database.query('insert into kept values ($1)', [round]));
        await fill();
        await writeUntilItDies(database);
        await until(() => fates.at(-1) === 'no-room');
        await empty();
        await until(() => fates.at(-1) === 'back');
        // What could not be written meanwhile is written now.
        await until(async () => (await readRun(dir))?.fates.postgres?.state === 'back');
      }
      const { rows } = await until(() => database.query('select count(*)::int as rows from kept'));
      expect(rows).toEqual([{ rows: 3 }]);
      expect(fates).not.toContain('given-up');
    } finally {
      await processes.stop([{ names: ['postgres'], graceMs: 10_000 }]);
      await runFile.release();
    }
  },
);

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
