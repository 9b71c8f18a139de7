import { readFileSync } from 'node:fs';
import { busyTicks, processTable, TICKS_PER_SECOND } from '../bench/processes.ts';

/** What the processes of one kind have used since the run began. */
export interface Usage {
  kind: string;
  /** How many were started. */
  processes: number;
  /** CPU time, user and system, in seconds. */
  seconds: number;
}

/** What a process is, by its command line with blanks between the arguments: the first that matches. */
const kinds: readonly (readonly [kind: string, commandLine: RegExp])[] = [
  ['Kafka nodes', /\bkafka\.Kafka\b|\/etc\/kafka\/docker\//],
  ['schema registry', /quarkus-run\.jar/],
  ['PostgreSQL', /^postgres: |\bpostgres -|\binitdb\b/],
  ['Jest', /\/jest(-worker)?\/|jest-worker/],
  ['brew commands', /packages\/cli\/(bin|src)\//],
  ['services', /\bnode .* src\/main\.ts$/],
  ['checks', /\b(tsc|biome|knip)\b/],
  ['Maven', /plexus\.classworlds/],
  ["Kafka's tools", /\bjava /],
  ['Docker', /\b(dockerd|containerd|docker-proxy|docker|runc)\b/],
  ['npm', /^(npm|npx|pnpm)\b|\/\.bin\/pnpm\b/],
];

const OTHER = 'other';

export const kindOf = (commandLine: string): string =>
  kinds.find(([, pattern]) => pattern.test(commandLine))?.[0] ?? OTHER;

/** Often enough to see all but the shortest, and seldom enough to cost no more than a hundredth of a core. */
const EVERY_MS = 1_000;

interface Seen {
  kind: string;
  /** CPU time when it was seen last, and before the watch began. */
  ticks: number;
  before: number;
  /** How often it was looked at: for a while, a process may still become another program. */
  looks: number;
}

/**
 * Watches what the machine's processes use from now on. What lives too short to be seen counts as `other`, with whatever else the machine
 * does.
 *
 * @returns a function that ends it, and tells what there was, the most first; nothing on systems that have no /proc
 */
export async function watchCpu(): Promise<() => Promise<Usage[]>> {
  if (process.platform !== 'linux') return async () => [];
  const atFirst = processTable();
  const busyAtFirst = await busyTicks();
  const ended: Seen[] = [];
  const seen = new Map<number, Seen>();

  function look(): void {
    for (const [pid, { ticks }] of processTable()) {
      const known = seen.get(pid);
      if (known && ticks >= known.ticks) {
        known.ticks = ticks;
        if (known.looks++ < 3) known.kind = kindOf(commandLineOf(pid));
        continue;
      }
      // Otherwise its number has gone to another process.
      if (known) ended.push(known);
      const before = known ? 0 : (atFirst.get(pid)?.ticks ?? 0);
      seen.set(pid, { kind: kindOf(commandLineOf(pid)), ticks, before, looks: 1 });
    }
  }
  look();
  const timer = setInterval(look, EVERY_MS);

  return async () => {
    clearInterval(timer);
    look();
    const usage = new Map<string, Usage>();
    for (const { kind, ticks, before } of [...ended, ...seen.values()]) {
      if (ticks === before) continue;
      const { processes, seconds } = usage.get(kind) ?? { processes: 0, seconds: 0 };
      usage.set(kind, {
        kind,
        processes: processes + 1,
        seconds: seconds + (ticks - before) / TICKS_PER_SECOND,
      });
    }
    const busy = ((await busyTicks()) - busyAtFirst) / TICKS_PER_SECOND;
    const told = [...usage.values()].reduce((sum, { seconds }) => sum + seconds, 0);
    const { processes = 0, seconds = 0 } = usage.get(OTHER) ?? {};
    usage.set(OTHER, { kind: OTHER, processes, seconds: seconds + Math.max(0, busy - told) });
    return [...usage.values()].sort((a, b) => b.seconds - a.seconds);
  };
}

function commandLineOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    return ''; // it has just ended
  }
}
