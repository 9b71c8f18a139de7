import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import { freePorts } from '@brew/sandbox';
import { runVariable, uniqueName, until } from '@brew/sandbox/testing';
import { pino } from 'pino';
import { wellBehaved } from '../brew.ts';
import { brewIn } from '../cli.ts';

const root = join(import.meta.dirname, '../..');
const log = pino({ level: 'silent' });

/** A Brew that docker compose runs, and what a test does with it. */
export type ComposedBrew = Awaited<ReturnType<typeof composeBrew>>;

/**
 * A project of its own on free ports, so that it runs beside another Brew: its containers, volumes and image are nobody else's.
 * Starts nothing yet.
 */
export async function composeBrew(files: readonly string[]) {
  const ports = await freePorts();
  const project = uniqueName(process.env[runVariable] ?? 'brew-test');
  const settings = {
    COMPOSE_PROJECT_NAME: project,
    BREW_IMAGE: 'brew:test',
    RATE: '0',
    SPEED: '600',
    ...Object.fromEntries(ports.external.map((port, index) => [`KAFKA_${index + 1}_PORT`, `${port}`])),
    POSTGRES_PORT: `${ports.postgres}`,
    REGISTRY_PORT: `${ports.registry}`,
    ...Object.fromEntries(
      Object.entries(ports.services).map(([name, port]) => [
        `${name.toUpperCase().replaceAll('-', '_')}_PORT`,
        `${port}`,
      ]),
    ),
  };
  const env = { ...process.env, ...settings };
  const url = (name: keyof typeof ports.services) => `http://127.0.0.1:${ports.services[name]}`;
  const brokers = ports.external.map((port) => `127.0.0.1:${port}`);

  const brew = {
    /** Runs `docker compose …` on it, and resolves with its output. */
    async compose(...args: string[]): Promise<string> {
      const all = ['compose', ...files.flatMap((file) => ['--file', file]), ...args];
      const { stdout } = await promisify(execFile)('docker', all, {
        cwd: root,
        env,
        maxBuffer: 64 * 1024 ** 2,
      });
      return stdout;
    },

    /** Runs `npx brew …` where no sandbox is. */
    cli: brewIn(join(tmpdir(), project), settings),

    /** As `docker compose up`, until every container is healthy; then makes every customer's money good. */
    async up() {
      await brew.compose('up', '--build', '--detach', '--wait', '--quiet-pull');
      const { status } = await fetch(`${url('simulator')}/behaviour`, json('PUT', wellBehaved));
      if (status !== 200) throw new Error(`PUT /behaviour answered ${status}.`);
    },

    /** Places an order and resolves with its id when it is delivered. */
    async deliver(): Promise<string> {
      const order = {
        cafeId: 'cafe-011',
        items: [{ sku: 'latte', quantity: 1 }],
        customer: { name: 'Grace Hopper', address: '1 Harbour Street' },
      };
      // Asked again under the same key, it is the same order: a broker that has just gone may cost an answer.
      const key = crypto.randomUUID();
      const placed = await until(
        async () => {
          const response = await fetch(
            `${url('order')}/orders`,
            json('POST', order, { 'idempotency-key': key }),
          );
          if (response.status !== 201) throw new Error(`${response.status}: ${await response.text()}`);
          return (await response.json()) as { orderId: string };
        },
        { what: 'an order to be taken' },
      );
      await until(async () => (await brew.statusOf(placed.orderId)) === 'delivered', {
        what: `order ${placed.orderId} to be delivered`,
      });
      return placed.orderId;
    },

    async statusOf(orderId: string): Promise<string> {
      const response = await fetch(`${url('order')}/orders/${orderId}`, {
        signal: AbortSignal.timeout(5_000),
      });
      return ((await response.json()) as { status: string }).status;
    },

    /** How many brokers there are, and in which cluster. */
    async cluster(): Promise<{ clusterId: string; brokers: number }> {
      await using admin = createAdmin({ client: createKafkaClient({ brokers, clientId: 'e2e', log }), log });
      const { clusterId, brokers: found } = await admin.describeCluster();
      return { clusterId, brokers: found.length };
    },

    /** The node id of the quorum's leader, as Kafka's own tool tells it. */
    async activeController(): Promise<number> {
      const tool =
        '/opt/kafka/bin/kafka-metadata-quorum.sh --bootstrap-server kafka-1:9092 describe --status';
      const heap = ['--env', 'KAFKA_HEAP_OPTS=-Xmx64m'];
      const told = await brew.compose('exec', '--no-TTY', ...heap, 'kafka-1', ...tool.split(' '));
      return Number(/LeaderId:\s+(\d+)/.exec(told)?.[1]);
    },

    /** Ends it and removes its data. */
    [Symbol.asyncDispose]: () => brew.compose('down', '--volumes', '--timeout', '1').then(() => {}),
  };
  return brew;
}

function json(method: 'POST' | 'PUT', body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(10_000),
  };
}
