import { createAdmin, createKafkaClient } from '@brew/kafka';
import { appendOutbox, createDatabase, messagingMigrations, migrate } from '@brew/postgres';
import { createTestDatabase } from '@brew/postgres/testing';
import type { Infrastructure } from '@brew/sandbox';
import { pino } from 'pino';
import { benchEvents } from './benchEvents.ts';
import { descendants, processTable, TICKS_PER_SECOND } from './processes.ts';
import type { Relayed, RelayTask } from './relay.ts';
import { runScript } from './runScript.ts';

/** An outbox, and what sends it. */
export interface Relaying extends AsyncDisposable {
  /** Fills the outbox with so many rows and has them sent. @returns a line that tells of it */
  drain(name: string, rows: number): Promise<string>;
  /** Has rows sent as they are committed. @returns lines that tell of it, one for each minute */
  pace(name: string, pace: { rate: number; seconds: number }): Promise<string[]>;
  /** As a report or a dump would: what is deleted while it is open stays where it is. It has written something, too. */
  openTransaction(): Promise<AsyncDisposable>;
}

const PARTITIONS = 6;
const AT_ONCE = 500;
const EVENTS = 100_000;

export async function relaying(
  infrastructure: Infrastructure,
  compression: RelayTask['compression'],
  signal: AbortSignal,
): Promise<Relaying> {
  const { brokers, registryUrl } = infrastructure;
  const log = pino({ level: 'warn' }, pino.destination(2));
  const client = createKafkaClient({ brokers, clientId: 'bench', log });
  const topic = 'bench';
  await using admin = createAdmin({ client, log });
  const config = { 'min.insync.replicas': '2' };
  await admin.ensureTopics([{ name: topic, partitions: PARTITIONS, replicationFactor: 3, config }]);
  const database = await createTestDatabase(infrastructure.postgresUrl);
  await migrate({ url: database.url, directories: [messagingMigrations], log });
  const db = createDatabase({ url: database.url, applicationName: 'filler', log });
  const events = (await benchEvents(EVENTS, { registryUrl, topic, log })).map(({ key, value, headers }) => ({
    ...{ topic, key: String(key), value, headers: headers as Record<string, string> },
  }));

  async function fill(rows: number): Promise<void> {
    for (let done = 0; done < rows; ) {
      signal.throwIfAborted();
      const from = done % events.length;
      const some = events.slice(from, from + Math.min(AT_ONCE, rows - done));
      await db.transaction((tx) => appendOutbox(tx, some));
      done += some.length;
    }
  }

  async function relay(task: Pick<RelayTask, 'drain' | 'pace'>): Promise<Relayed & Record<Who, number>> {
    const where = {
      postgresUrl: database.url,
      brokers,
      registryUrl,
      topic,
      ...(compression && { compression }),
    };
    const before = ticks(infrastructure);
    const relayed = await runScript<Relayed>('relay.ts', { ...where, ...task }, signal);
    const after = ticks(infrastructure);
    const of = (who: Who) => (after[who] - before[who]) / TICKS_PER_SECOND;
    return { ...relayed, postgres: of('postgres'), brokers: of('brokers') };
  }

  const cpu = (relayed: Relayed & Record<Who, number>, rows: number) => {
    const of = (seconds: number) => ((seconds / rows) * 1_000_000).toFixed(1);
    const { cpuSeconds, postgres, brokers } = relayed;
    return `CPU ${of(cpuSeconds)} relay, ${of(postgres)} PostgreSQL, ${of(brokers)} brokers`;
  };

  return {
    async drain(name, rows) {
      await fill(rows);
      const relayed = await relay({ drain: rows });
      return `${name}: ${(rows / relayed.seconds / 1000).toFixed(1)} k rows a second, ${cpu(relayed, rows)}`;
    },
    async pace(name, pace) {
      const relayed = await relay({ pace });
      const total = `${name}: ${pace.rate} rows a second, ${cpu(relayed, pace.rate * pace.seconds)}`;
      const ms = (value: number) => value.toFixed(1);
      return [
        total,
        ...relayed.latencies.map(
          ({ p50, p99, max }, n) => `  minute ${n + 1}: p50 ${ms(p50)} ms, p99 ${ms(p99)}, max ${ms(max)}`,
        ),
      ];
    },
    async openTransaction() {
      const session = await db.connect();
      await session.query('begin isolation level repeatable read');
      await session.query('select pg_current_xact_id()');
      return session;
    },
    async [Symbol.asyncDispose]() {
      await db.stop();
      await database.drop();
    },
  };
}

type Who = 'postgres' | 'brokers';

/** CPU time until now, of PostgreSQL with all that it has started. */
function ticks(infrastructure: Infrastructure): Record<Who, number> {
  const table = processTable();
  const sum: Record<Who, number> = { postgres: 0, brokers: 0 };
  for (const { name, pid } of infrastructure.processes()) {
    const who = name === 'postgres' ? 'postgres' : name.startsWith('kafka-') ? 'brokers' : undefined;
    if (!who) continue;
    for (const each of descendants(table, pid)) {
      const stat = table.get(each);
      sum[who] += (stat?.ticks ?? 0) + (stat?.endedChildrenTicks ?? 0);
    }
  }
  return sum;
}
