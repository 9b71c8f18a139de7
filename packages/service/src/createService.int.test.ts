import { randomUUID } from 'node:crypto';
import { deadLetterTopic, KitchenStarted, OrderPlaced, uuidv7 } from '@brew/events';
import { createKafkaClient } from '@brew/kafka';
import { createNetwork, type Network } from '@brew/kafka/testing';
import { infrastructure, until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { readConfig } from './config/readConfig.ts';
import type { Service } from './createHttpService.ts';
import { createService } from './createService.ts';
import type { Readiness } from './http/health.ts';
import type { Part } from './lifecycle/part.ts';
import { anOrder, createServiceRig, type ServiceRig, send } from './testing/serviceRig.ts';
import { onOrderPlaced, placeTicket, ticketsSql } from './testing/till.ts';

let rig: ServiceRig;
let Placed: typeof OrderPlaced;
let Started: typeof KitchenStarted;
const running: Service[] = [];
/** Orders whose handler fails, and how. */
const failures = new Map<string, () => Error>();

beforeAll(async () => {
  rig = await createServiceRig(ticketsSql);
  Placed = rig.here(OrderPlaced);
  Started = rig.here(KitchenStarted);
  await rig.createTopics([Placed, Started]);
});
afterEach(async () => {
  failures.clear();
  await Promise.all(running.splice(0).map((service) => service.stop()));
});
afterAll(() => rig.stop());

interface Changes {
  env?: Record<string, string>;
  network?: Network;
  parts?: Part[];
}

function till({ env = {}, network, parts = [] }: Changes = {}): Service {
  const config = readConfig(rig.name, { ...rig.env, ...env }, {});
  const { brokers } = infrastructure();
  const service = createService({
    name: rig.name,
    config,
    migrations: rig.migrations,
    emits: [Started],
    handlers: [
      onOrderPlaced(Placed, Started, (orderId) => {
        const failure = failures.get(orderId);
        if (failure) throw failure();
      }),
    ],
    routes: (context) => [placeTicket(context, Started)],
    parts: () => parts,
    ...(network && {
      client: createKafkaClient({ brokers, clientId: rig.name, log: rig.log, via: network.via }),
    }),
  });
  running.push(service);
  return service;
}

async function timesOf(orderId: string): Promise<number> {
  const { rows } = await rig.db.query<{ times: number }>('select times from tickets where order_id = $1', [
    orderId,
  ]);
  return rows[0]?.times ?? 0;
}
const handled = (orderId: string) =>
  until(async () => (await timesOf(orderId)) > 0, { what: `the effect of ${orderId}` });
const startedOf = async (orderId: string) =>
  (await rig.decodeAll(Started.topic.name)).filter(({ correlationId }) => correlationId === orderId);
const health = async ({ url }: Service) => {
  const response = await fetch(`${url}/health/ready`);
  return { code: response.status, ...((await response.json()) as Readiness) };
};
const metric = async ({ url }: Service, name: string) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text.split('\n').find((candidate) => candidate.startsWith(name));
  return Number(line?.split(' ').at(-1));
};

describe('an event', () => {
  it('takes effect once although it is delivered twice, and what it leads to is sent', async () => {
    const service = till();
    await service.start();
    const [orderId, marker] = [randomUUID(), randomUUID()];
    const id = await send(rig, Placed, anOrder(orderId));
    await send(rig, Placed, anOrder(orderId), { id });
    await handled(orderId);
    // Not sent within one chunk for sure, so once more after it was handled.
    await send(rig, Placed, anOrder(orderId), { id });
    await until(
      async () =>
        (await metric(service, 'brew_events_total{type="brew.orders.v1.OrderPlaced",outcome="duplicate"')) ===
        2,
    );
    await send(rig, Placed, anOrder(marker));
    await until(async () => (await startedOf(marker)).length === 1, {
      what: 'what comes after it to be sent',
    });
    expect(await timesOf(orderId)).toBe(1);
    expect(await startedOf(orderId)).toHaveLength(1);
  });

  it('carries its trace and its cause into what it leads to', async () => {
    await till().start();
    const orderId = randomUUID();
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    const id = await send(rig, Placed, anOrder(orderId), {
      traceparent: `00-${traceId}-b7ad6b7169203331-01`,
    });
    const [started] = await until(async () => {
      const events = await startedOf(orderId);
      return events.length > 0 && events;
    });
    expect(started).toMatchObject({ causationId: id, correlationId: orderId, source: `/brew/${rig.name}` });
    expect(started?.traceparent).toMatch(new RegExp(`^00-${traceId}-(?!b7ad6b7169203331)[0-9a-f]{16}-01$`));
  });

  it('leaves neither state nor events behind when its handler fails, is tried again, and then succeeds', async () => {
    const service = till();
    await service.start();
    const orderId = randomUUID();
    let attempts = 0;
    failures.set(orderId, () => {
      attempts += 1;
      if (attempts === 2) failures.delete(orderId);
      return new Error('passing');
    });
    await send(rig, Placed, anOrder(orderId));
    await until(async () => (await startedOf(orderId)).length > 0);
    expect(attempts).toBe(2);
    expect(await timesOf(orderId)).toBe(1);
    expect(await startedOf(orderId)).toHaveLength(1);
  });
});

describe('a poison record', () => {
  it('goes to the dead letters while later orders go on; later records of its key wait behind it', async () => {
    const service = till();
    await service.start();
    const [poisoned, sound] = [randomUUID(), randomUUID()];
    const { topic } = Placed;
    const headers = { ce_type: Placed.type, note: 'whatever was there' };
    await rig.producer.send([{ topic: topic.name, key: poisoned, value: Buffer.from('poison'), headers }]);
    await send(rig, Placed, anOrder(poisoned));
    await send(rig, Placed, anOrder(sound));
    await handled(sound);
    const letters = await until(
      async () => {
        const all = await rig.readAll(deadLetterTopic(rig.name).name);
        const found = all.filter(({ key }) => key === poisoned);
        return found.length === 2 && found;
      },
      { what: 'both records of the key to be dead letters' },
    );
    expect(letters.map(({ value }) => value?.toString() === 'poison')).toEqual([true, false]);
    expect(letters.map((letter) => letter.headers.dlq_reason)).toEqual(['failed', 'key_parked']);
    expect(letters[0]?.headers).toMatchObject({ ...headers, dlq_source_topic: topic.name });
    expect(await timesOf(poisoned)).toBe(0);
    expect(await metric(service, `brew_dead_letters_total{topic="${topic.name}"}`)).toBe(2);
    expect(await health(service)).toMatchObject({ code: 200, status: 'ready' });
  });

  it('is one whose id is no UUID: it is not tried again and again', async () => {
    await till().start();
    const orderId = randomUUID();
    await send(rig, Placed, anOrder(orderId), { id: 'not-a-uuid' });
    const letter = await until(async () =>
      (await rig.readAll(deadLetterTopic(rig.name).name)).find(({ key }) => key === orderId),
    );
    expect(letter.headers).toMatchObject({ dlq_attempts: '1', dlq_error_code: 'BREW_HEADERS_INVALID' });
  });
});

describe('while Kafka can not be reached', () => {
  it('requests are answered and committed, health is degraded, and the events are delivered later', async () => {
    const network = createNetwork();
    const service = till({ network });
    await service.start();
    expect(await health(service)).toMatchObject({ code: 200, status: 'ready' });
    network.cut();
    const orderId = randomUUID();
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const response = await fetch(`${service.url}/tickets`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', traceparent },
      body: JSON.stringify({ orderId }),
    });
    expect(response.status).toBe(201);
    expect(await timesOf(orderId)).toBe(1);
    const degraded = await until(
      async () => {
        const found = await health(service);
        return found.dependencies?.kafka?.up === false && found;
      },
      { what: 'the health to say so' },
    );
    expect(degraded).toMatchObject({
      code: 200,
      status: 'degraded',
      dependencies: { postgres: { up: true } },
    });
    expect(await metric(service, 'brew_outbox_rows')).toBe(1);

    network.restore();
    const [started] = await until(async () => {
      const events = await startedOf(orderId);
      return events.length > 0 && events;
    });
    expect(started?.traceparent).toContain('0af7651916cd43dd8448eb211c80319c');
    await until(async () => (await health(service)).status === 'ready', { what: 'the health to recover' });
    expect(await metric(service, 'brew_outbox_rows')).toBe(0);
  });

  it('a service that starts takes requests all the same, and comes to full health when Kafka is back', async () => {
    const network = createNetwork();
    network.cut();
    const service = till({ network });
    const started = service.start();
    const waiting = await until(async () => {
      const found = await health(service);
      return found.waitingFor === 'kafka' && found;
    });
    expect(waiting).toMatchObject({ code: 503, status: 'not_ready', state: 'starting' });
    await started;
    expect(await health(service)).toMatchObject({
      code: 200,
      status: 'degraded',
      state: 'running',
      dependencies: {
        postgres: { up: true },
        kafka: { up: false, library: 'platformatic' },
        consumer: { up: false },
      },
    });
    const [placed, heard] = [randomUUID(), randomUUID()];
    const response = await fetch(`${service.url}/tickets`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ orderId: placed }),
    });
    expect(response.status).toBe(201);
    await send(rig, Placed, anOrder(heard));

    network.restore();
    await until(async () => (await health(service)).status === 'ready', { what: 'the full health' });
    await until(async () => (await startedOf(placed)).length === 1, { what: 'what was placed to be sent' });
    await handled(heard);
  });

  it('the service stops all the same, and the next one delivers what was left', async () => {
    const network = createNetwork();
    const service = till({ network });
    await service.start();
    network.cut();
    const orderId = randomUUID();
    await fetch(`${service.url}/tickets`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ orderId }),
    });
    await service.stop();
    expect(service.state).toBe('stopped');
    await till().start();
    await until(async () => (await startedOf(orderId)).length > 0, {
      what: 'the event of the stopped service',
    });
  });
});

describe('while PostgreSQL is restarted', () => {
  it('handling and relaying go on where they were', async () => {
    await till().start();
    await rig.db.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid()`,
    );
    const orderId = randomUUID();
    await send(rig, Placed, anOrder(orderId));
    await until(async () => (await startedOf(orderId)).length === 1);
    expect(await timesOf(orderId)).toBe(1);
  });
});

describe('the life of a service', () => {
  it('listens at once, and says what it waits for', async () => {
    const service = till({ env: { DATABASE_URL: 'postgresql://nobody@127.0.0.1:1/none' } });
    const started = service.start();
    const outcome = expect(started).rejects.toThrow();
    const waiting = await until(async () => {
      const found = await health(service);
      return found.waitingFor !== undefined && found;
    });
    expect(waiting).toMatchObject({
      code: 503,
      status: 'not_ready',
      state: 'starting',
      waitingFor: 'PostgreSQL',
    });
    expect((await fetch(`${service.url}/health/live`)).status).toBe(200);
    await service.stop();
    await outcome;
    expect(service.state).toBe('stopped');
  });

  it('fails with one sentence when its port is taken, and leaves nothing open', async () => {
    const first = till();
    await first.start();
    const second = till({ env: { PORT: new URL(first.url).port } });
    await expect(second.start()).rejects.toThrow(/listens on 127\.0\.0\.1:\d+\. Stop it, or set PORT/);
    expect(second.state).toBe('failed');
  });

  it('stops with events in hand, sends what they led to, and the next one goes on where it was', async () => {
    const service = till();
    await service.start();
    const orderIds = Array.from({ length: 300 }, () => randomUUID());
    await Promise.all(orderIds.map((orderId) => send(rig, Placed, anOrder(orderId), { id: uuidv7() })));
    await service.stop();
    const { rows } = await rig.db.query('select count(*)::int as rows from outbox');
    expect(rows).toEqual([{ rows: 0 }]);

    await till().start();
    await until(async () => {
      const counted = await rig.db.query<{ once: number; more: number }>(
        `select count(*) filter (where times = 1)::int as once, count(*) filter (where times > 1)::int as more
         from tickets where order_id = any ($1)`,
        [orderIds],
      );
      expect(counted.rows[0]?.more).toBe(0);
      return counted.rows[0]?.once === orderIds.length;
    });
  });

  it('starts its parts in order, stops them in the reverse order, and shows their health', async () => {
    const notes: string[] = [];
    const part = (name: string): Part => ({
      name,
      start: async () => void notes.push(`start ${name}`),
      stop: async () => void notes.push(`stop ${name}`),
      health: () => ({ up: name !== 'stale', detail: name }),
    });
    const service = till({ parts: [part('first'), part('stale')] });
    await service.start();
    expect(await health(service)).toMatchObject({
      code: 200,
      status: 'degraded',
      dependencies: { stale: { up: false, detail: 'stale' } },
    });
    await service.stop();
    expect(notes).toEqual(['start first', 'start stale', 'stop stale', 'stop first']);
  });
});
