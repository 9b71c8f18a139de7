import {
  type Bridge,
  bridges,
  type EventType,
  eventTypeOf,
  eventTypes,
  successors,
  topics,
} from '@brew/events';
import type { KafkaMode } from '@brew/sandbox';
import { ArgumentInvalidError } from './errors.ts';
import { suggestion } from './text/nearest.ts';

/** What can be wrong with a value is said here, in words: commander only knows of flags. */

/** Orders per second. */
export function parseRate(value: string): number {
  return number(value, {
    name: '--rate',
    from: 0,
    to: 1_000,
    todo: 'Give orders per second, such as --rate 5.',
  });
}

/** Whether the brokers are the quorum's voters, too. */
export function parseKafkaMode(value: string): KafkaMode {
  if (value === 'combined' || value === 'dedicated') return value;
  throw new ArgumentInvalidError(`--kafka ${value} is not a mode of Kafka.`, 'Take combined or dedicated.');
}

/** How many times faster than life; 0 takes no time at all. */
export function parseSpeed(value: string): number {
  const todo = 'Give how many times faster than life drinks are made, such as --speed 60.';
  return number(value, { name: '--speed', from: 0, to: 100_000, todo });
}

/** Seconds that an order may be open. */
export function parseGrace(value: string): number {
  const todo = 'Give seconds, such as --younger-than 60.';
  return number(value, { name: '--younger-than', from: 0, to: 86_400, todo });
}

/** How many lines of a log. */
export function parseLines(value: string): number {
  const todo = 'Give a number of lines, such as -n 50.';
  const lines = number(value, { name: '-n', from: 0, to: 1_000_000, todo });
  if (!Number.isInteger(lines)) throw new ArgumentInvalidError(`-n ${value} is not a whole number.`, todo);
  return lines;
}

export interface OrderedItem {
  sku: string;
  quantity: number;
}

/** `flat-white`, or `flat-white:2`; gathered when the flag is repeated. */
export function parseItem(value: string, before: readonly OrderedItem[] = []): OrderedItem[] {
  const { sku, quantity = '1' } = /^(?<sku>[a-z0-9-]+)(:(?<quantity>\d+))?$/.exec(value)?.groups ?? {};
  const count = Number(quantity);
  if (sku === undefined || count < 1 || count > 99) {
    throw new ArgumentInvalidError(
      `--item ${value} is not an item with a quantity of 1 to 99.`,
      'Write it as SKU or SKU:QUANTITY, such as --item flat-white:2.',
    );
  }
  if (before.some((item) => item.sku === sku)) {
    throw new ArgumentInvalidError(
      `--item ${sku} is given twice.`,
      `Give it once, with its quantity: --item ${sku}:2.`,
    );
  }
  return [...before, { sku, quantity: count }];
}

/** A topic by its full name, or by the word in the middle: `orders` is brew.orders.v1. Of a next version only by its full name. */
export function parseTopic(value: string, before: readonly string[] = []): string[] {
  const short: Record<string, { name: string }> = topics;
  const known = [...Object.values(topics), ...Object.values(successors)];
  const declared = (Object.hasOwn(short, value) && short[value]) || known.find(({ name }) => name === value);
  if (!declared) {
    const names = [...Object.keys(topics), ...Object.values(successors).map(({ name }) => name)];
    const todo = `Take one or more of: ${names.join(', ')}.`;
    throw new ArgumentInvalidError(`There is no topic ${value}.`, suggestion(value, names, todo));
  }
  return [...before, declared.name];
}

/** The bridge from one topic to another, by their full names. */
export function findBridge(source: string, target: string): Bridge {
  const found = bridges.find((bridge) => bridge.source.name === source && bridge.target.name === target);
  if (found) return found;
  const known = bridges.map((bridge) => `${bridge.source.name} ${bridge.target.name}`).join(', ');
  throw new ArgumentInvalidError(`There is no bridge from ${source} to ${target}.`, `Take one of: ${known}.`);
}

/** An event type by its name (OrderPlaced) or its full name (brew.orders.v1.OrderPlaced); gives the name. */
export function parseType(value: string, before: readonly string[] = []): string[] {
  return [...before, eventNamed(value).name];
}

/** Event types, separated by commas, each as parseType takes it; one that is given twice counts once. */
export function parseEvents(value: string, before: readonly EventType[] = []): EventType[] {
  const given = value.split(',').map((name) => name.trim());
  return [...new Set([...before, ...given.map(eventNamed)])];
}

function eventNamed(value: string): EventType {
  const names = eventTypes.map(({ name }) => name);
  const found =
    eventTypeOf(value) ?? eventTypes.find(({ name }) => name.toLowerCase() === value.toLowerCase());
  if (found === undefined) {
    const todo = suggestion(value, names, `Take one or more of: ${names.join(', ')}.`);
    throw new ArgumentInvalidError(
      value === '' ? 'An event is missing.' : `There is no event ${value}.`,
      todo,
    );
  }
  return found;
}

/** A port that no root is needed for. */
export function parsePort(value: string): number {
  const todo = 'Give a port, such as --port 3006.';
  const port = number(value, { name: '--port', from: 1024, to: 65_535, todo });
  if (!Number.isInteger(port)) throw new ArgumentInvalidError(`--port ${value} is not a whole number.`, todo);
  return port;
}

export function parseFrom(value: string): 'beginning' | 'now' {
  if (value === 'beginning' || value === 'now') return value;
  throw new ArgumentInvalidError(`--from ${value} is not a place to begin.`, 'Take beginning or now.');
}

/** A service whose tables can be built anew: there is one. */
export function parseReplayed(value: string): 'analytics' {
  if (value === 'analytics') return value;
  throw new ArgumentInvalidError(`There is nothing to replay in ${value}.`, 'Take analytics.');
}

/** The name of a projection, with hyphens or underscores; gathered when the flag is repeated. Which there are, the service knows. */
export function parseProjection(value: string, before: readonly string[] = []): string[] {
  return [...before, value.replaceAll('-', '_')];
}

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000 };

/** A time in the past: how long ago (21d, 12h, 30m), or a date (UTC) or time. */
export function parseSince(value: string, now = Date.now()): Date {
  const { amount, unit } = /^(?<amount>\d+)(?<unit>[dhm])$/.exec(value)?.groups ?? {};
  const since = amount ? now - Number(amount) * UNITS[unit as keyof typeof UNITS] : dateOf(value);
  if (!(since >= 0 && since <= now)) {
    throw new ArgumentInvalidError(
      `--from ${value} is not a time in the past.`,
      'Write it as 21d, 12h, 2026-11-01 or 2026-11-01T08:00:00Z.',
    );
  }
  return new Date(since);
}

/** Date.parse alone also takes "2026" and "1 May", and times without a zone as local ones. */
const dateOf = (value: string) =>
  /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(value)
    ? Date.parse(value)
    : Number.NaN;

export function parseUntil(value: string): 'now' {
  if (value === 'now') return value;
  throw new ArgumentInvalidError(
    `--until ${value} is not an end.`,
    'Take now, or leave it out to go on until it is live.',
  );
}

function number(
  value: string,
  { name, from, to, todo }: { name: string; from: number; to: number; todo: string },
): number {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isFinite(parsed) || parsed < from || parsed > to) {
    throw new ArgumentInvalidError(`${name} ${value} is not a number from ${from} to ${to}.`, todo);
  }
  return parsed;
}
