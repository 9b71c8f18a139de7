import { createHash, randomUUID } from 'node:crypto';
import { KitchenStarted, OrderPlaced } from '@brew/events';
import { type Admin, createAdmin, createKafkaClient } from '@brew/kafka';
import { infrastructure, until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig } from './config/readConfig.ts';
import { createService } from './createService.ts';
import type { Moment } from './testing/holdingNetwork.ts';
import { ask } from './testing/letterBench.ts';
import { anOrder, createServiceRig, type ServiceRig, send } from './testing/serviceRig.ts';
import { type SpawnedMain, spawnMain } from './testing/spawnMain.ts';
import { ticketsSql } from './testing/till.ts';
import { handle } from './unitOfWork/handle.ts';

/** Whoever knows this lock keeps a slow ticket's transaction between its last statement and its commit. */
const COMMIT_LOCK = 4_711;
/** What the ids of slow tickets begin with. */
const SLOW = '00000000-';
const slowSql = `
  create function wait_at_commit() returns trigger language plpgsql as $$
    begin perform pg_advisory_xact_lock(${COMMIT_LOCK}); return null; end
  $$;
  create constraint trigger wait_at_commit after insert on tickets deferrable initially deferred
    for each row when (new.order_id like '${SLOW}%') execute function wait_at_commit();`;

let rig: ServiceRig;
/** Of another service, which hears what the first one emits. */
let bar: ServiceRig;
let admin: Admin;
let Placed: typeof OrderPlaced;
let Started: typeof KitchenStarted;
const spawned: SpawnedMain[] = [];

beforeAll(async () => {
  rig = await createServiceRig(ticketsSql + slowSql);
  Placed = rig.here(OrderPlaced);
  Started = rig.here(KitchenStarted);
  await rig.createTopics([Placed, Started]);
  bar = await createServiceRig('create table effects (event_id uuid)');
  await bar.createTopics([]);
  const { brokers } = infrastructure();
  admin = createAdmin({
    client: createKafkaClient({ brokers, clientId: rig.name, log: rig.log }),
    log: rig.log,
  });
});
afterEach(async () => {
  for (const { child, exited } of spawned.splice(0)) {
    child.kill('SIGKILL');
    await exited;
  }
});
afterAll(async () => {
  await admin?.close();
  await bar?.stop();
  await rig?.stop();
});

/** Runs a service as its own process, until it takes requests. */
async function run() {
  const process = spawnMain(new URL('testing/fragileMain.ts', import.meta.url), {
    ...rig.env,
    LOG_LEVEL: 'info',
    EXAMPLE_NAME: rig.name,
    EXAMPLE_MIGRATIONS: rig.migrations.href,
    PLACED_TOPIC: Placed.topic.name,
    STARTED_TOPIC: Started.topic.name,
  });
  spawned.push(process);
  const url = await process.listening();
  return {
    hold: (moment: Moment) => fetch(`${url}/hold/${moment}`, { method: 'POST' }),
    redrive: () => ask({ url }, '/redrive', { all: true, by: 'ada' }),
    held: async () => ((await (await fetch(`${url}/held`)).json()) as { count: number }).count,
    place: async (orderId: string) => {
      const headers = { 'Content-Type': 'application/json' };
      const body = JSON.stringify({ orderId });
      return (await fetch(`${url}/tickets`, { method: 'POST', headers, body })).status;
    },
    /** How many events came that it knew already. */
    async duplicates() {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(/^brew_events_total\{.*outcome="duplicate".*\} (\d+)$/m.exec(text)?.[1] ?? 0);
    },
    async kill() {
      process.child.kill('SIGKILL');
      expect(await process.exited).toBe('SIGKILL');
    },
  };
}

async function timesOf(orderId: string): Promise<number | undefined> {
  const { rows } = await rig.db.query<{ times: number }>('select times from tickets where order_id = $1', [
    orderId,
  ]);
  return rows[0]?.times;
}
const startedOf = async (orderId: string) =>
  (await rig.readAll(Started.topic.name)).filter(({ key }) => key === orderId);
const waiting = async () => (await rig.db.query('select from outbox')).rowCount;

/** Where a group stands: its committed offsets, and how many records are ahead of them. */
async function position(group = rig.name) {
  const partitions = await admin.groupLag(group);
  const committed = partitions.map(({ partition, committed }) => `${partition}: ${committed}`).sort();
  return { committed, ahead: partitions.reduce((sum, { lag }) => sum + lag, 0n) };
}
const nothingAhead = async (group?: string) => {
  const { committed, ahead } = await position(group);
  return committed.length > 0 && ahead === 0n;
};

describe('a consumer that is killed after its database commit and before its offset commit', () => {
  it('gets the event again, and it takes effect once', async () => {
    const [earlier, orderId] = [randomUUID(), randomUUID()];
    const first = await run();
    await send(rig, Placed, anOrder(earlier));
    await until(() => nothingAhead(), { what: 'the earlier event to be committed' });
    const before = await position();

    await first.hold('offset-commits');
    await send(rig, Placed, anOrder(orderId));
    await until(async () => (await timesOf(orderId)) === 1, { what: 'the effect' });
    await until(async () => (await first.held()) > 0, { what: 'an offset commit that does not get through' });
    await until(async () => (await waiting()) === 0, { what: 'the relay to have sent what it led to' });
    await first.kill();
    expect(await position()).toEqual({ committed: before.committed, ahead: 1n });

    const next = await run();
    await until(async () => (await next.duplicates()) === 1, { what: 'the event to come again' });
    await until(() => nothingAhead(), { what: 'the group to have gone on' });
    expect(await timesOf(orderId)).toBe(1);
    expect(await timesOf(earlier)).toBe(1);
    expect(await startedOf(orderId)).toHaveLength(1);
    expect(await waiting()).toBe(0);
  });
});

describe('a redrive that is killed', () => {
  const lettersOf = async (orderId: string) => {
    const { rows } = await rig.db.query<{ status: string }>('select status from letters where key = $1', [
      Buffer.from(orderId),
    ]);
    return rows.map((row) => row.status);
  };
  const parkedKeys = async () => (await rig.db.query('select from parked_keys')).rowCount;

  /** Waits until the redrive of one letter stands still, kills its process, and lets the database go on. */
  async function killRedrive(orderId: string, hold: { lock: string; waiting: string }): Promise<void> {
    const first = await run();
    const hash = createHash('sha256').update(orderId).digest();
    await rig.db.query('insert into parked_keys (topic, key_hash) values ($1, $2)', [
      Placed.topic.name,
      hash,
    ]);
    await send(rig, Placed, anOrder(orderId));
    await until(async () => (await lettersOf(orderId)).length === 1, { what: 'the letter' });
    const locker = await rig.db.connect();
    await locker.query('begin');
    await locker.query(hold.lock);
    first.redrive().catch(() => undefined);
    const isHeld = async () =>
      (await locker.query(`select from pg_locks where ${hold.waiting}`)).rowCount === 1;
    await until(isHeld, { what: 'the redrive to stand still' });
    await first.kill();
    await locker.end(); // and with it the lock
    const others = `select from pg_locks where ${hold.waiting.replace('not granted', 'true')}`;
    await until(async () => (await rig.db.query(others)).rowCount === 0, { what: 'its transaction to end' });
  }

  it('before it commits has done nothing, and the next one does it', async () => {
    const orderId = randomUUID();
    await killRedrive(orderId, {
      lock: 'lock table tickets in access exclusive mode',
      waiting: "relation = 'tickets'::regclass and not granted",
    });
    expect([await timesOf(orderId), await lettersOf(orderId), await parkedKeys()]).toEqual([
      undefined,
      ['waiting'],
      1,
    ]);
    const next = await run();
    expect(await next.redrive()).toMatchObject({ status: 200, body: { redriven: 1, keysLetGo: 1 } });
    expect([await timesOf(orderId), await lettersOf(orderId), await parkedKeys()]).toEqual([
      1,
      ['redriven'],
      0,
    ]);
  });

  it('while it commits has done everything, and the next one does nothing', async () => {
    const orderId = randomUUID().replace(/^.{9}/, SLOW);
    await killRedrive(orderId, {
      lock: `select pg_advisory_xact_lock(${COMMIT_LOCK})`,
      waiting: `locktype = 'advisory' and objid = ${COMMIT_LOCK} and not granted`,
    });
    expect([await timesOf(orderId), await lettersOf(orderId), await parkedKeys()]).toEqual([
      1,
      ['redriven'],
      0,
    ]);
    const next = await run();
    expect(await next.redrive()).toMatchObject({ status: 200, body: { redriven: 0, alreadyDone: 0 } });
    expect(await timesOf(orderId)).toBe(1);
    await until(async () => (await startedOf(orderId)).length === 1, { what: 'what it led to' });
  });
});

describe('a relay', () => {
  it('that is killed between sending and marking leaves the event in the topic twice; it takes effect once', async () => {
    const effects = async () =>
      (await bar.db.query<{ event_id: string }>('select event_id from effects')).rows;
    const [orderId, marker] = [randomUUID(), randomUUID()];
    const first = await run();
    await first.hold('produce-answers');
    expect(await first.place(orderId)).toBe(201);
    await until(async () => (await startedOf(orderId)).length === 1, {
      what: 'the event to be in the topic',
    });
    expect(await waiting()).toBe(1);
    await first.kill();
    expect(await waiting()).toBe(1);

    const next = await run();
    await until(async () => (await waiting()) === 0, { what: 'the next relay to have sent and marked it' });
    const twice = await startedOf(orderId);
    expect(twice).toHaveLength(2);
    const [id, again] = twice.map(({ headers }) => headers.ce_id);
    expect(again).toBe(id);

    await using service = createService({
      name: bar.name,
      config: readConfig(bar.name, bar.env, {}),
      migrations: bar.migrations,
      emits: [],
      handlers: [
        handle(Started, async (event, { tx }) => {
          if (event.correlationId === orderId || event.correlationId === marker)
            await tx.query('insert into effects values ($1)', [event.id]);
        }),
      ],
    });
    await service.start();
    expect(await next.place(marker)).toBe(201);
    await until(async () => (await effects()).length >= 2, { what: 'both events to take effect' });
    const [last] = await startedOf(marker);
    await until(() => nothingAhead(bar.name), { what: 'everything to be read' });
    expect((await effects()).map((row) => row.event_id).sort()).toEqual([id, last?.headers.ce_id].sort());
  });

  it('skips neither of two transactions that commit in the reverse order of their numbers', async () => {
    const [slow, quick] = [randomUUID().replace(/^.{9}/, SLOW), randomUUID()];
    const number = async () =>
      Number((await rig.db.query('select last_value from outbox_id_seq')).rows[0].last_value);
    const service = await run();
    const locker = await rig.db.connect();
    await locker.query('select pg_advisory_lock($1)', [COMMIT_LOCK]);
    const begun = await number();
    const placing = service.place(slow);
    await until(
      async () =>
        (
          await locker.query(
            "select from pg_locks where locktype = 'advisory' and objid = $1 and not granted",
            [COMMIT_LOCK],
          )
        ).rowCount === 1,
      { what: 'the slow transaction to be about to commit' },
    );
    expect(await number()).toBe(begun + 1);

    expect(await service.place(quick)).toBe(201);
    expect(await number()).toBe(begun + 2);
    await until(async () => (await startedOf(quick)).length === 1, { what: 'the quick one to be sent' });
    expect(await startedOf(slow)).toEqual([]);

    await locker.end(); // and with it the lock
    expect(await placing).toBe(201);
    await until(async () => (await startedOf(slow)).length === 1, { what: 'the slow one to be sent' });
    expect(await startedOf(quick)).toHaveLength(1);
    expect(await waiting()).toBe(0);
  });
});
