import { createHash } from 'node:crypto';
import { OrderPlaced } from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { readConfig } from '../config/readConfig.ts';
import type { Service } from '../createHttpService.ts';
import { type CreateServiceOptions, createService } from '../createService.ts';
import type { ServiceConfig } from '../index.ts';
import { handle } from '../unitOfWork/handle.ts';
import { eventRecord } from './eventRecord.ts';
import { orderNamed } from './orderNamed.ts';
import { anOrder, createServiceRig } from './serviceRig.ts';

/** What a handler does is said in the database, so that a test says it to every process. */
const lettersSql = `
  create table effects (seq bigint generated always as identity, name text not null);
  create table broken (name text primary key);`;

export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: whatever JSON a route answers with
  body: any;
}

/** What the tests of the way back of dead letters share. */
export async function createLetterBench() {
  const rig = await createServiceRig(lettersSql);
  const Placed = rig.here(OrderPlaced);
  await rig.createTopics([Placed]);
  const onPlaced = handle(Placed, async ({ data: { customer } }, { tx }) => {
    const { rowCount } = await tx.query('select from broken where name = $1', [customer.name]);
    if (rowCount !== 0) throw new Error(`no ticket for ${customer.name}`);
    await tx.query('insert into effects (name) values ($1)', [customer.name]);
  });
  const running: Service[] = [];

  const bench = {
    rig,
    Placed,

    /** One more instance of the service. */
    async start(
      changes: Partial<CreateServiceOptions<ServiceConfig>> & { env?: Record<string, string> } = {},
    ): Promise<Service> {
      const { env, ...options } = changes;
      const service = createService({
        name: rig.name,
        config: readConfig(rig.name, { ...rig.env, ...env }, {}),
        migrations: rig.migrations,
        emits: [],
        handlers: [onPlaced],
        ...options,
      });
      running.push(service);
      await service.start();
      return service;
    },

    /** Sends events of these names, in this order: KEY/NUMBER is one of the order KEY. */
    async send(...names: string[]): Promise<void> {
      await rig.producer.send(
        names.map((name) => {
          const order = anOrder(orderNamed(keyOf(name)));
          const data = { ...order, customer: { ...order.customer, name } };
          const { id: _, ...record } = eventRecord(rig.codec, Placed, data);
          return record;
        }),
      );
    },

    /** Has orders become letters of their own: their keys are parked before they come. */
    async park(...orderIds: string[]): Promise<void> {
      const before = await bench.waiting();
      const hashes = [...new Set(orderIds.map(keyOf))].map((key) =>
        createHash('sha256').update(orderNamed(key)).digest(),
      );
      await rig.db.query(
        'insert into parked_keys (topic, key_hash) select $1, unnest($2::bytea[]) on conflict do nothing',
        [Placed.topic.name, hashes],
      );
      await bench.send(...orderIds);
      await until(async () => (await bench.waiting()) === before + orderIds.length, {
        what: `${orderIds.length} letters more than ${before}`,
      });
    },

    waiting: async () => (await rig.db.query("select from letters where status = 'waiting'")).rowCount ?? 0,
    parkedKeys: async () => (await rig.db.query('select from parked_keys')).rowCount ?? 0,

    break: (...names: string[]) => rig.db.query('insert into broken select unnest($1::text[])', [names]),
    mend: () => rig.db.query('delete from broken'),

    /** What took effect of the orders of these keys, in that order. */
    async effects(...keys: string[]): Promise<string[]> {
      const { rows } = await rig.db.query<{ name: string }>(
        `select name from effects where split_part(name, '/', 1) = any ($1) order by seq`,
        [keys],
      );
      return rows.map((row) => row.name);
    },
    handled: (orderId: string) =>
      until(async () => (await bench.effects(keyOf(orderId))).includes(orderId), {
        what: `the effect of ${orderId}`,
      }),

    /** For afterEach: nothing waits, nothing is broken, nothing runs. */
    async clear(): Promise<void> {
      await Promise.all(running.splice(0).map((service) => service.stop()));
      await rig.db.query('delete from letters; delete from parked_keys; delete from broken');
    },
  };
  return bench;
}

export type LetterBench = Awaited<ReturnType<typeof createLetterBench>>;

/** Asks the routes of the dead letters as staff do. */
export async function ask({ url }: { url: string }, path: string, body?: object): Promise<Answer> {
  const response = await fetch(`${url}/dead-letters${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: 'Bearer staff-token', 'content-type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}

const keyOf = (orderId: string) => orderId.split('/')[0] ?? '';
