import type { Holdings } from './soak.ts';
import { mean } from './spread.ts';
import type { Bar } from './verdict.ts';

/** What of the tables may grow with each order: history, which is kept for KEEP_DAYS, or as long as the topics keep their records. */
const HISTORY_BYTES_PER_ORDER = 8_000;

/** Tables of what is under way: whatever has gone through them, they stay as small as that. */
const PASSING = [
  /\.outbox$/,
  /\.outbox_aside$/,
  /\.stuck_items$/,
  /\.parked_keys$/,
  /\.payment_jobs$/,
  /\.webhooks$/,
  /\.slots$/,
  /\.couriers$/,
  /\.stock$/,
];
const PASSING_BYTES = 32 * 1024 * 1024;

/** Growth from the second third of the samples to the last that is none: collectors of garbage take what they are given. */
const MEMORY_GROWTH = 0.1;
const MEMORY_BYTES = 16 * 1024 * 1024;
/** What a broker may grow to: a JVM gives back nothing of the heap that it has taken once (256 MiB at most), and has buffers and code beside it. */
const BROKER_BYTES = 448 * 1024 * 1024;
const DESCRIPTORS_GROWTH = 0.1;
const DESCRIPTORS = 20;
/** With LOG_LEVEL=warn nothing is said of an order that goes well. */
const LOG_BYTES_PER_ORDER = 50;

/** @param samples at least six, in equal distances; the first third, in which caches and compilers settle, counts for nothing */
export function judgeSoak(samples: readonly Holdings[]): Bar[] {
  const third = Math.floor(samples.length / 3);
  const [middle, last] = [samples.slice(third, 2 * third), samples.slice(-third)];
  const [begin, end] = [middle[0] as Holdings, last.at(-1) as Holdings];
  const orders = end.orders - begin.orders;

  /** The names for which the mean grew by more than a part of it, and more than that in all. */
  const growing = (of: 'memory' | 'descriptors', part: number, least: number) =>
    Object.keys(end[of]).flatMap((name) => {
      const [before, after] = [middle, last].map((some) =>
        mean(some.map((sample) => sample[of][name] ?? 0)),
      ) as [number, number];
      return after - before > Math.max(least, before * part) ? [{ name, before, after }] : [];
    });
  const memory = growing('memory', MEMORY_GROWTH, MEMORY_BYTES).filter(
    ({ name, after }) => !name.startsWith('kafka-') || after > BROKER_BYTES,
  );
  const descriptors = growing('descriptors', DESCRIPTORS_GROWTH, DESCRIPTORS);
  const passing = Object.entries(end.tables).filter(
    ([name, bytes]) => PASSING.some((pattern) => pattern.test(name)) && bytes > PASSING_BYTES,
  );
  const sum = ({ tables }: Holdings) => Object.values(tables).reduce((total, bytes) => total + bytes, 0);
  const historyBytes = (sum(end) - sum(begin)) / orders;
  const logBytes = (end.logs - begin.logs) / orders;
  const list = (found: readonly string[]) => found.join(', ') || 'none grew';
  return [
    {
      what: 'memory flat',
      met: memory.length === 0,
      seen: list(memory.map(({ name, before, after }) => `${name} ${mib(before)} to ${mib(after)}`)),
    },
    {
      what: 'descriptors flat',
      met: descriptors.length === 0,
      seen: list(
        descriptors.map(({ name, before, after }) => `${name} ${before.toFixed(0)} to ${after.toFixed(0)}`),
      ),
    },
    {
      what: `what is under way takes less than ${mib(PASSING_BYTES)} a table`,
      met: passing.length === 0,
      seen: passing.map(([name, bytes]) => `${name} ${mib(bytes)}`).join(', ') || 'all do',
    },
    {
      what: `history takes less than ${HISTORY_BYTES_PER_ORDER} bytes an order in all tables`,
      met: historyBytes < HISTORY_BYTES_PER_ORDER,
      seen: `${historyBytes.toFixed(0)} bytes`,
    },
    {
      what: `logs take less than ${LOG_BYTES_PER_ORDER} bytes an order`,
      met: logBytes < LOG_BYTES_PER_ORDER,
      seen: `${logBytes.toFixed(1)} bytes`,
    },
  ];
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
