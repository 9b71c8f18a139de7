import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ReadRecord, Running, WorkOf } from './client.ts';
import type { Command, Task } from './task.ts';
import { tell } from './tell.ts';

// One process of a subject. What it is to do stands in its argument (a Task), what it did on its standard output (a Line each).

const task = JSON.parse(process.argv[2] ?? '') as Task;
const ended = new AbortController();
let running: Running | undefined;
let workMs = 0;

async function clientOf({ client, ...cluster }: Task): Promise<Client> {
  if (client === 'plain') return (await import('./plain.ts')).plainClient(cluster);
  return (await import('./brew.ts')).brewClient(client, cluster);
}

/** Numbers may have dots behind them, which make records as large as usual ones. */
const RECORD_BYTES = 100;

async function handle(records: readonly ReadRecord[]): Promise<void> {
  if (workMs > 0) await delay(workMs * records.length);
  tell({
    did: records.map(({ partition, offset, key, value }) => [
      ...([partition, Number(offset), key, Number.parseInt(value, 10)] as const),
    ]),
  });
}

async function produce(client: Client, { topic, prefix, keys, pauseMs }: WorkOf<'produce'>) {
  const producer = await client.produce();
  tell({ ready: true });
  for (let round = 0; !ended.signal.aborted; round++) {
    const value = String(round).padEnd(RECORD_BYTES, '.');
    tell({ sent: round });
    try {
      await producer.send(
        topic,
        Array.from({ length: keys }, (_, i) => ({ key: `${prefix}${i}`, value })),
      );
      tell({ acked: round });
    } catch (error) {
      // As a service would that answers its caller with an error: the next one comes with something else.
      tell({ refused: round, why: (error as Error).message });
    }
    await delay(pauseMs, undefined, { signal: ended.signal }).catch(() => {});
  }
  await producer.end();
}

async function run(client: Client): Promise<void> {
  const { work } = task;
  if (work.role === 'produce') return produce(client, work);
  if (work.role === 'consume') {
    workMs = work.workMs;
    running = await client.consume(work, handle);
  } else running = await (work.role === 'read' ? client.read(work, handle) : client.pipe(work));
  tell({ ready: true });
  if (!ended.signal.aborted) await new Promise((resolve) => ended.signal.addEventListener('abort', resolve));
  await running.end();
}

const slowMs = task.work.role === 'consume' ? task.work.workMs : 0;
const obey: Record<Command, () => void> = {
  end: () => ended.abort(),
  slow: () => {
    workMs = slowMs;
  },
  quick: () => {
    workMs = 0;
  },
  discard: () => running?.discard?.(),
};
createInterface({ input: process.stdin })
  .on('line', (word) => obey[word as Command]())
  // Whoever watches is gone.
  .on('close', () => ended.signal.aborted || process.exit(1));

// Rejections that nobody handles come this way, too. It lives on, so that it is seen what else becomes of it.
process.on('uncaughtException', (error) => {
  console.error(error);
  tell({ unhandled: String(error) });
});
await clientOf(task)
  .then(run)
  .catch((error: Error) => {
    console.error(error);
    tell({ unhandled: String(error) });
    process.exit(1);
  });
tell({ ended: true });
process.exit(0);
