import { setTimeout as sleep } from 'node:timers/promises';
import { createKafkaClient, createProducer, type KafkaClientOptions, type OutgoingRecord } from '@brew/kafka';
import { appendOutbox, createDatabase, createOutbox, type OutboxRow } from '@brew/postgres';
import { pino } from 'pino';
import { createRelay } from '../../packages/service/src/kafka/relay.ts';
import { createMetrics } from '../../packages/service/src/metrics.ts';
import { benchEvents } from './benchEvents.ts';
import { type Spread, spreadOf } from './spread.ts';

/** What one process does with an outbox, with a relay in it as a service has. Argument of this script: JSON of it. */
export interface RelayTask {
  postgresUrl: string;
  brokers: string[];
  registryUrl: string;
  compression?: KafkaClientOptions['compression'];
  topic: string;
  /** Sends so many rows that are there. */
  drain?: number;
  /** Commits so many rows a second, in transactions of ROWS, for so long, and sends each as it comes. */
  pace?: { rate: number; seconds: number };
}

export interface Relayed {
  /** From the relay's start until the last row was deleted. */
  seconds: number;
  /** CPU time of this process meanwhile. */
  cpuSeconds: number;
  /** Milliseconds from the answer to a commit until Kafka has acknowledged its rows; of each minute. */
  latencies: Spread[];
}

/** As many as an order's transaction emits together with those that came at the same time. */
const ROWS = 5;
const EVENTS = 20_000;
const MINUTE_MS = 60_000;
const HEALTH_MS = 5_000;

const task = JSON.parse(process.argv[2] ?? '{}') as RelayTask;
const { postgresUrl, brokers, registryUrl, compression, topic } = task;
const log = pino({ level: 'warn' }, pino.destination(2));
const client = createKafkaClient({ brokers, clientId: 'bench', compression, log });
await using db = createDatabase({ url: postgresUrl, applicationName: 'bench', log });
await using producer = createProducer({ client, log });
await producer.start();

/** When Kafka had acknowledged an event, by its id. */
const acknowledged = new Map<string, number>();
const offer: typeof producer.offer = async (records, options) => {
  const offered = await producer.offer(records, options);
  const at = performance.now();
  if (task.pace) for (const { headers } of records) acknowledged.set(String(headers.ce_id), at);
  return offered;
};
let relayed = 0;
const metrics = createMetrics();
const count = metrics.relayed.inc.bind(metrics.relayed);
metrics.relayed.inc = (rows = 1) => {
  relayed += Number(rows);
  count(Number(rows));
};
const outbox = createOutbox(db, { log });
const relay = createRelay({
  ...{ db, outbox, metrics, log },
  producer: { offer, lastError: undefined, silentSince: undefined },
});
const rows: OutboxRow[] = (task.pace ? await benchEvents(EVENTS, { registryUrl, topic, log }) : []).map(
  asRow,
);

const cpu = process.cpuUsage();
const begun = performance.now();
await relay.start(new AbortController().signal, log);
// As whoever watches a service asks it.
const watching = setInterval(() => void relay.health?.(), HEALTH_MS);
const latencies = task.pace ? await commitAtPace(task.pace) : await untilRelayed(task.drain ?? 0);
const seconds = (performance.now() - begun) / 1000;
const { user, system } = process.cpuUsage(cpu);
clearInterval(watching);
await relay.stop();
const result: Relayed = { seconds, cpuSeconds: (user + system) / 1e6, latencies };
process.stdout.write(JSON.stringify(result));

async function untilRelayed(rows: number): Promise<Spread[]> {
  while (relayed < rows) await sleep(5);
  return [];
}

/** Each transaction at its time, whatever has become of those before. */
async function commitAtPace({ rate, seconds }: { rate: number; seconds: number }): Promise<Spread[]> {
  const committed: { ids: string[]; at: number }[] = [];
  const transactions = Math.round((rate * seconds) / ROWS);
  const since = performance.now();
  const underWay = new Set<Promise<void>>();
  for (let n = 0; n < transactions; n++) {
    const dueIn = since + (n * ROWS * 1000) / rate - performance.now();
    if (dueIn > 0) await sleep(dueIn);
    const commit = commitOne(n).then((one) => void committed.push(one));
    underWay.add(commit);
    commit.finally(() => underWay.delete(commit));
  }
  await Promise.all(underWay);
  await untilRelayed(transactions * ROWS);
  const last = Math.ceil((seconds * 1000) / MINUTE_MS) - 1; // of the last minute, which may be committed a moment after its end
  const minutes = Map.groupBy(committed, ({ at }) => Math.min(last, Math.floor((at - since) / MINUTE_MS)));
  return [...minutes.values()].map((of) =>
    spreadOf(
      of.flatMap(({ ids, at }) => ids.map((id) => Math.max(0, (acknowledged.get(id) ?? Number.NaN) - at))),
    ),
  );
}

async function commitOne(n: number): Promise<{ ids: string[]; at: number }> {
  const own = Array.from({ length: ROWS }, (_, i) => {
    const row = rows[(n * ROWS + i) % rows.length] as OutboxRow;
    return { ...row, headers: { ...row.headers, ce_id: `${n * ROWS + i}`.padStart(36, '0') } };
  });
  await db.transaction((tx) => appendOutbox(tx, own));
  relay.wake();
  return { ids: own.map(({ headers }) => String(headers.ce_id)), at: performance.now() };
}

function asRow({ key, value, headers }: OutgoingRecord): OutboxRow {
  return { topic, key: String(key), value, headers: headers as Record<string, string> };
}
