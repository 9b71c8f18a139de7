import { type Database, type LettersInShort, summarizeLetters } from '@brew/postgres';
import { Gauge } from 'prom-client';
import type { Health } from '../lifecycle/part.ts';
import { gauge, type HttpMetrics } from '../metrics.ts';

/** Letters that are there and don't come into the table for longer than this. */
const SLOW_MS = 20_000;

/** How many letters wait, as gauges and as health: by the table alone, whether Kafka is there or not. */
export function createLetterHealth({ db, metrics }: { db: Database; metrics: HttpMetrics }) {
  let behindSince: number | undefined;
  let trouble: unknown;
  let looking: Promise<LettersInShort> | undefined;
  /** One look for all that ask at the same time. */
  const look = () => {
    looking ??= summarizeLetters(db).finally(() => {
      looking = undefined;
    });
    return looking;
  };

  new Gauge({
    name: 'brew_letters_waiting',
    help: 'Dead letters that wait to be redriven or discarded',
    labelNames: ['reason'],
    registers: [metrics.prometheus],
    async collect() {
      this.reset();
      const { byReason } = await look().catch(() => ({ byReason: undefined }));
      if (!byReason) return;
      for (const reason of REASONS) this.set({ reason }, byReason[reason] ?? 0);
    },
  });
  gauge(metrics, 'brew_letters_oldest_seconds', 'Age of the oldest of them', async () => {
    const { oldestAt } = await look();
    return oldestAt ? Math.max(0, (Date.now() - oldestAt.getTime()) / 1_000) : 0;
  });
  gauge(
    metrics,
    'brew_parked_keys',
    'Keys whose records wait behind a dead letter',
    async () => (await look()).parkedKeys,
  );

  return {
    /** There is something to be read, or some of it was. */
    gotOn(left: boolean) {
      behindSince = left ? performance.now() : undefined;
      if (!left) trouble = undefined;
    },
    failed(error: unknown) {
      trouble = error;
    },
    async health(): Promise<Health> {
      const detail = describe(await look());
      if (behindSince === undefined || performance.now() - behindSince < SLOW_MS) return { up: true, detail };
      const why = trouble instanceof Error ? `: ${trouble.message}` : '';
      return { up: false, detail: `there are letters that don't come into the table${why}; ${detail}` };
    },
  };
}

const REASONS = ['failed', 'key_parked', 'unreadable', 'deleted', 'foreign'];

function describe({ waiting, parkedKeys, oldestAt }: LettersInShort): string {
  const keys = `${parkedKeys} ${parkedKeys === 1 ? 'key is' : 'keys are'} parked`;
  if (waiting === 0) return parkedKeys === 0 ? 'none' : `no letter waits, ${keys}`;
  const letters = `${waiting} ${waiting === 1 ? 'letter waits' : 'letters wait'}`;
  return `${letters}, ${keys}, the oldest since ${oldestAt?.toISOString()}`;
}
