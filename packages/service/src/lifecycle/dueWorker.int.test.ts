import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BrewError, type EventType, OrderCancelled } from '@brew/events';
import { RegistryUnavailableError } from '@brew/kafka';
import { listStuckItems, retryStuckItems } from '@brew/postgres';
import { infrastructure, until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createTestBench, orderNamed, type TestBench } from '../testing/index.ts';
import type { Work } from '../unitOfWork/unitOfWork.ts';
import { dueWorker } from './dueWorker.ts';
import type { Worker } from './worker.ts';

const log = pino({ level: 'silent' });
const never = new AbortController().signal;

const NOT_STUCK = `name not in (select item from stuck_items where worker = 'pot')`;
const Cancelled = OrderCancelled as EventType<{
  orderId: string;
  reason: 'customer_request';
  cancelledAt: number;
}>;

let bench: TestBench<never>;
let folder: string;
let pot: Worker | undefined;
/** What happens when a thing is taken. */
let onTaken: (name: string, work: Work) => unknown;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-due-'));
  await writeFile(
    join(folder, '001_things.sql'),
    `create table things (name text primary key, done boolean not null default false, held text);`,
  );
  bench = (await createTestBench({
    name: 'kitchen',
    migrations: pathToFileURL(`${folder}/`),
    events: [OrderCancelled],
    infrastructure: infrastructure(),
  })) as TestBench<never>;
});
afterEach(async () => {
  await pot?.stop();
  await bench.context.db.query('truncate things, stuck_items, outbox');
});
afterAll(async () => {
  await bench?.stop();
  await rm(folder, { recursive: true });
});

/** Works on all things that are not done, each with an event. */
async function startPot(): Promise<void> {
  const { db } = bench.context;
  pot = dueWorker(bench.context, {
    name: 'pot',
    everyMs: 20,
    async take(work, only) {
      const { rows } = await work.tx.query<{ name: string }>(
        `update things set done = true
         where name in (select name from things where not done
                        and case when $1::text is null then ${NOT_STUCK} else name = $1 end for update skip locked)
         returning name`,
        [only],
      );
      for (const { name } of rows) {
        await onTaken(name, work);
        work.emit(Cancelled, { orderId: orderNamed(name), reason: 'customer_request', cancelledAt: 1 });
      }
      return false;
    },
    async due(tx) {
      const { rows } = await tx.query<{ name: string }>(
        `select name from things where not done and ${NOT_STUCK} order by name`,
      );
      return rows.map(({ name }) => name);
    },
    isOpen: async (tx, name) =>
      (await tx.query('select from things where name = $1 and not done', [name])).rowCount === 1,
    async letGo(tx, name) {
      await tx.query('update things set held = null where name = $1', [name]);
    },
  });
  await pot.start(never, log);
  await db.query('select 1');
}

const add = (...names: string[]) =>
  bench.context.db.query(`insert into things (name, held) select *, 'a slot' from unnest($1::text[])`, [
    names,
  ]);

async function done(): Promise<string[]> {
  const { rows } = await bench.context.db.query<{ name: string }>(
    'select name from things where done order by name',
  );
  return rows.map(({ name }) => name);
}

const emitted = async () => (await bench.emitted()).map(({ correlationId }) => correlationId).sort();
const eventsOf = (names: string[]) => names.map(orderNamed).sort();
const setAside = () => listStuckItems(bench.context.db, { worker: 'pot' });
const others = Array.from({ length: 30 }, (_, i) => `good-${String(i).padStart(2, '0')}`);

/** Cannot be emitted: its schema has no such reason. */
const unemittable = (name: string, { emit }: Work) => {
  if (name.startsWith('bad'))
    emit(Cancelled, { orderId: orderNamed(name), reason: 'no' as 'customer_request', cancelledAt: 1 });
};

describe('a worker on what is due', () => {
  it('sets aside at once what can never be emitted, and does everything else, once', async () => {
    onTaken = unemittable;
    await add('bad-1', ...others, 'bad-2');
    await startPot();
    await until(async () => (await setAside()).length === 2);
    expect(await done()).toEqual(others);
    expect(await emitted()).toEqual(eventsOf(others));
    expect(await setAside()).toMatchObject([
      { worker: 'pot', item: 'bad-1', attempts: 1, error: expect.stringContaining('BREW_EVENT_INVALID') },
      { worker: 'pot', item: 'bad-2' },
    ]);
    const { rows } = await bench.context.db.query(
      'select count(held)::int as held from things where not done',
    );
    expect(rows).toEqual([{ held: 0 }]);
    await add('later');
    await until(async () => (await done()).includes('later'));
    expect(await pot?.health()).toEqual({ up: true, detail: '2 set aside', needsStaff: true });
  });

  it('tries again what may pass, five times, and sets it aside then', async () => {
    let attempts = 0;
    onTaken = (name, { tx }) => name === 'bad' && ++attempts && tx.query('select 1 / 0');
    await add('bad', 'good');
    await startPot();
    await until(async () => (await setAside()).length === 1, { timeoutMs: 60_000 });
    expect(await done()).toEqual(['good']);
    expect(await setAside()).toMatchObject([{ item: 'bad', attempts: 5, error: 'error: division by zero' }]);
    expect(attempts).toBe(6); // once together with the others
  });

  it('does what passes the second time, and forgets that it failed', async () => {
    let failures = 0;
    onTaken = (name) => {
      if (name === 'shy' && ++failures <= 2) throw new Error('not yet');
    };
    await add('shy', 'good');
    await startPot();
    await until(async () => (await done()).length === 2, { timeoutMs: 30_000 });
    expect(await emitted()).toEqual(eventsOf(['good', 'shy']));
    await until(async () => (await bench.context.db.query('select from stuck_items')).rowCount === 0);
  });

  it('tries again what was set aside when it is told to, once it is mended', async () => {
    onTaken = unemittable;
    await add('bad', 'good');
    await startPot();
    await until(async () => (await setAside()).length === 1);
    await retryStuckItems(bench.context.db, 'pot', ['bad']);
    await until(async () => (await setAside()).length === 1, { what: 'it to be set aside again' });
    onTaken = () => {};
    expect(await retryStuckItems(bench.context.db, 'pot')).toBe(1);
    await until(async () => (await done()).length === 2);
    expect(await emitted()).toEqual(eventsOf(['bad', 'good']));
    await until(async () => (await bench.context.db.query('select from stuck_items')).rowCount === 0);
  });

  it('takes no error of an item for an outage, whatever led to it', async () => {
    const cause = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    onTaken = (name) => {
      if (name === 'bad') throw new BrewError('BREW_EVENT_INVALID', 'Connection terminated', { cause });
    };
    await add('bad', 'good');
    await startPot();
    await until(async () => (await setAside()).length === 1);
    expect(await done()).toEqual(['good']);
  });

  it.each([
    ['terminating connection', Object.assign(new Error('terminating connection'), { code: '57P01' })],
    ['registry', new RegistryUnavailableError('http://registry', new Error('gone'))],
  ])('sets nothing aside during an outage: %s', async (what, outage) => {
    onTaken = () => {
      throw outage;
    };
    await add('one', 'two');
    await startPot();
    await until(async () => (await pot?.health())?.detail?.includes(what));
    expect((await bench.context.db.query('select from stuck_items')).rowCount).toBe(0);
    onTaken = () => {};
    await until(async () => (await done()).length === 2);
  });

  it('sets nothing aside when everything fails: then it is the worker', async () => {
    onTaken = () => {
      throw new TypeError('undefined is not a function');
    };
    await add(...others);
    await startPot();
    await until(async () => (await pot?.health())?.detail?.includes('undefined is not a function'));
    expect((await bench.context.db.query('select from stuck_items')).rowCount).toBe(0);
    onTaken = () => {};
    await until(async () => (await done()).length === others.length);
  });
});
