import type { PartitionOffset, ReadRange } from '@brew/kafka/reader';
import { ArgumentInvalidError } from '../errors.ts';

/** Where reading begins, in each partition. */
export type Start =
  | { at: 'beginning' }
  | { at: 'now' }
  | { at: 'offset'; offset: bigint }
  /** The first record that is not older. */
  | { at: 'time'; time: Date }
  /** So many before the end. */
  | { at: 'last'; count: number };

const UNITS = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** `beginning`, `now`, an offset, an age such as 10m, or a time as ISO 8601 writes it (local, unless it says otherwise). */
export function parseStart(value: string, now = new Date()): Start {
  if (value === 'beginning' || value === 'now') return { at: value };
  if (/^\d+$/.test(value)) return { at: 'offset', offset: BigInt(value) };
  const time = timeIn(value, now);
  if (time) return { at: 'time', time };
  throw new ArgumentInvalidError(
    `--from ${value} is not a place to begin.`,
    'Take beginning, now, an offset such as 42, an age such as 10m, or a time such as 2026-01-31T12:00.',
  );
}

/** An age or a time in the past. @throws ArgumentInvalidError */
export function parsePast(value: string, flag: string, now = new Date()): Date {
  const time = timeIn(value, now);
  if (time && time <= now) return time;
  throw new ArgumentInvalidError(
    `${flag} ${value} is not a time in the past.`,
    'Take an age such as 2h, or a time such as 2026-01-31T12:00.',
  );
}

function timeIn(value: string, now: Date): Date | undefined {
  const { count, unit } = /^(?<count>\d{1,9})(?<unit>[smhd])$/.exec(value)?.groups ?? {};
  if (unit !== undefined)
    return new Date(Math.max(0, now.getTime() - Number(count) * UNITS[unit as keyof typeof UNITS]));
  const date = /^\d{4}-\d{2}-\d{2}/.exec(value)?.[0];
  if (date === undefined || !isDay(date)) return undefined;
  const time = new Date(value);
  // To Kafka a negative time is a question of its own: -1 asks for the end.
  return time.getTime() >= 0 ? time : undefined;
}

/** Date takes the 30th of February for the 2nd of March. */
const isDay = (date: string): boolean => {
  const day = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(date);
};

/**
 * What to read of each partition. A start that lies outside of what a partition holds is moved to its nearer end.
 * @param bounds the first offset of each partition, the one behind its last, and, when a time was asked for, that of the time
 * @param follow go on with what comes
 */
export function rangesFrom(
  start: Start,
  bounds: {
    earliest: readonly PartitionOffset[];
    latest: readonly PartitionOffset[];
    at?: readonly PartitionOffset[];
  },
  { follow, partitions }: { follow: boolean; partitions: readonly number[] | undefined },
): ReadRange[] {
  return bounds.earliest.flatMap(({ topic, partition, offset: earliest }, index) => {
    if (partitions && !partitions.includes(partition)) return [];
    const latest = bounds.latest[index]?.offset ?? earliest;
    const wanted = firstOffset(start, earliest, latest, bounds.at?.[index]?.offset ?? latest);
    const from = within(earliest, wanted, latest);
    if (follow) return [{ topic, partition, from }];
    return from < latest ? [{ topic, partition, from, until: latest }] : [];
  });
}

function firstOffset(start: Start, earliest: bigint, latest: bigint, atTime: bigint): bigint {
  switch (start.at) {
    case 'beginning':
      return earliest;
    case 'now':
      return latest;
    case 'offset':
      return start.offset;
    case 'time':
      return atTime;
    case 'last':
      return latest - BigInt(start.count);
  }
}

function within(least: bigint, value: bigint, most: bigint): bigint {
  if (value < least) return least;
  return value > most ? most : value;
}
