import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { partitionOf } from '@brew/kafka';
import { abortTransaction, openTransaction } from '@brew/kafka/testing';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Addresses } from '../../addresses.ts';
import { collect } from '../../testing/collect.ts';
import { type Flow, flows } from '../testing/soundOrder.ts';
import { verify } from '../verify.ts';
import type { DatabaseBreach } from './result.ts';
import { createWorld, inWords, type World } from './testing/createWorld.ts';

const names = Object.keys(flows) as Flow[];

describe('verify --databases ends with a report', () => {
  let world: World;
  let orderId: string;
  beforeAll(async () => {
    world = await createWorld(names);
    orderId = world.ids[0] as string;
    await world.databases
      .of('kitchen')
      .query(`update tickets set started_at = started_at + interval '1 second' where order_id = $1`, [
        orderId,
      ]);
  });
  afterAll(() => world?.[Symbol.asyncDispose]());

  const sentences = [expect.stringMatching(/^has KitchenStarted of \S+, and its ticket says \S+$/)];

  it('although what comes last in partitions was aborted', async () => {
    for (const topic of world.topics.keys()) await abortTransaction(topic);
    expect((await world.find()).breaches).toEqual([
      expect.objectContaining({ set: 'tickets', orderId, sentences }),
    ]);
  });

  it('while somebody has a table locked: it is told, and all others are compared', async () => {
    const courier = world.databases.of('courier');
    const { breaches, sets } = await courier.transaction(async (tx) => {
      await tx.query('set local idle_in_transaction_session_timeout = 0');
      await tx.query('lock table shipments in access exclusive mode');
      return world.find();
    });
    const why = expect.stringMatching(/^not compared: .*timeout\. See what runs: npx brew status$/);
    expect(breaches.map(inWords)).toEqual([
      ['tickets', ...sentences],
      ['shipments', why],
      ['places', why],
    ]);
    expect(sets.find(({ set }) => set === 'tickets')?.compared).toBeGreaterThan(0);
  });

  it('while a service is away: names it', async () => {
    const { io, lines } = collect();
    await using server = createServer((_, response) => response.end()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const here = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const services = { order: here, kitchen: 'http://127.0.0.1:1' } as Addresses['services'];
    const { signal } = new AbortController();
    const where = { ...world.where, services };
    await verify({ databases: true, youngerThan: 0 }, where, io, signal, world.topics);
    expect(lines.filter((line) => line.includes('does not answer'))).toEqual([
      'kitchen does not answer, so what it has not handled yet differs. See what stands still with npx brew status, and verify again.',
    ]);
  });

  it('without the registry: says what it could not read, and takes no row for one too many', async () => {
    const { io, lines } = collect();
    const where = { ...world.where, registryUrl: 'http://127.0.0.1:1' };
    const options = { databases: true, json: true, youngerThan: 0 };
    const { signal } = new AbortController();
    expect(await verify(options, where, io, signal, world.topics, 1_000)).toBe(false);
    const report = JSON.parse(lines.join('\n')) as { databaseBreaches: DatabaseBreach[] };
    const why = 'not compared: not all that is in it could be read';
    expect(report.databaseBreaches.map(inWords)).toEqual(
      ['sales', 'funnel', 'top drinks', 'latency'].map((set) => [set, why]),
    );
  });

  it('while a transaction is open: names it, and goes on with all that it does not keep back', async () => {
    const [kitchen] = [...world.topics].find(([, { events }]) => events.includes('OrderReady')) ?? [];
    const own = partitionOf(orderId, 6);
    const transaction = await openTransaction(kitchen as string, [(own + 1) % 6]);
    const { sound, text } = await world.run({}, 2_000);
    expect(sound).toBe(false);
    expect(text).toContain(`✖ readable: ${kitchen}, partition ${(own + 1) % 6}, offsets `);
    expect(text).toContain(`✖ tickets: order ${orderId} `);
    expect(text).toMatch(/^- sales +not compared: not all that is in it could be read$/m);
    await transaction.abort();
  });
});
