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

/** Orders per second of a drill: some, or there would be nothing to lose. */
export function parseDrillRate(value: string): number {
  const todo = 'Give orders per second, such as --rate 5.';
  return number(value, { name: '--rate', from: 0.1, to: 100, todo });
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

/** Where to find a cluster at first: `host:port`, several parted by commas. */
export function parseBootstrap(value: string): string[] {
  const addresses = value.split(',').map((address) => address.trim());
  for (const address of addresses) {
    const { port } = /^[\w.-]+:(?<port>\d{1,5})$/.exec(address)?.groups ?? {};
    if (port === undefined || Number(port) < 1 || Number(port) > 65_535) {
      throw new ArgumentInvalidError(
        `--bootstrap ${value} is not a list of addresses.`,
        'Write it as HOST:PORT, several parted by commas, such as --bootstrap localhost:19092,localhost:19093.',
      );
    }
  }
  return addresses;
}

/** The base address of a schema registry, without the slash at its end. */
export const parseRegistry = (value: string): string => parseUrl(value, '--registry').replace(/\/+$/, '');

/** Where to listen: a port of this machine alone, or `host:port`. */
export function parseListen(value: string): { host: string; port: number } {
  const { host = '127.0.0.1', port } = /^(?:(?<host>[\w.-]+):)?(?<port>\d{1,5})$/.exec(value)?.groups ?? {};
  if (port !== undefined && Number(port) <= 65_535) return { host, port: Number(port) };
  throw new ArgumentInvalidError(
    `--metrics ${value} is no port.`,
    'Give a port, such as --metrics 9404, or HOST:PORT.',
  );
}

/** An address on the web. */
export function parseUrl(value: string, name: string): string {
  if (/^https?:$/.test(URL.parse(value)?.protocol ?? '')) return value;
  throw new ArgumentInvalidError(
    `${name} ${value} is not an address.`,
    `Give a URL, such as ${name} http://localhost:8081/path.`,
  );
}

/** Seconds, as milliseconds. */
export function parseSeconds(value: string, name: string): number {
  const todo = `Give seconds, such as ${name} 5.`;
  return number(value, { name, from: 0.1, to: 86_400, todo }) * 1_000;
}

/** How many of something, at least one. */
export function parseCount(value: string, name: string, most = 1_000_000_000): number {
  const todo = `Give a number, such as ${name} 10.`;
  return whole(value, { name, from: 1, to: most, todo });
}

/** Letters per second. */
export function parseLettersRate(value: string): number {
  const todo = 'Give letters per second, such as --rate 50.';
  return number(value, { name: '--rate', from: 0.1, to: 10_000, todo });
}

/** How long ago (30d, 2h, 15m, 90s), in seconds. */
export function parseAge(value: string, name: string): number {
  const { amount, unit } = /^(?<amount>\d{1,9})(?<unit>[dhms])$/.exec(value)?.groups ?? {};
  if (amount !== undefined) return (Number(amount) * UNITS[unit as keyof typeof UNITS]) / 1_000;
  throw new ArgumentInvalidError(`${name} ${value} is not an age.`, `Write it as 30d, 2h, 15m or 90s.`);
}

/** Partition numbers, parted by commas; gathered when the flag is repeated. */
export function parsePartitions(value: string, before: readonly number[] = []): number[] {
  if (!/^\d{1,6}(,\d{1,6})*$/.test(value)) {
    throw new ArgumentInvalidError(
      `--partition ${value} is not a list of partitions.`,
      'Give numbers parted by commas, such as --partition 0,3.',
    );
  }
  return [...before, ...value.split(',').map(Number)];
}

/** `name=value`; gathered when the flag is repeated. */
export function parseHeader(
  value: string,
  before: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const equals = value.indexOf('=');
  if (equals < 1) {
    throw new ArgumentInvalidError(
      `--header ${value} is no header.`,
      'Write it as NAME=VALUE, such as --header source=test.',
    );
  }
  return { ...before, [value.slice(0, equals)]: value.slice(equals + 1) };
}

/** How many lines of a log. */
export function parseLines(value: string): number {
  const todo = 'Give a number of lines, such as -n 50.';
  return whole(value, { name: '-n', from: 0, to: 1_000_000, todo });
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

/** Any topic: one of Brew's by its full name or the word in the middle, others by their names. */
export function topicNamed(value: string): string {
  return Object.entries(topics).find(([short]) => short === value)?.[1].name ?? value;
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

/** The full type of one of Brew's events by its name; of others, which a record may bear as well, what was given. */
export const parseTypeOfAny = (value: string): string =>
  eventTypes.find(({ name }) => name === value)?.type ?? value;

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

const UNITS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1_000 };

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

interface NumberRules {
  name: string;
  from: number;
  to: number;
  todo: string;
}

function whole(value: string, rules: NumberRules): number {
  const parsed = number(value, rules);
  if (Number.isInteger(parsed)) return parsed;
  throw new ArgumentInvalidError(`${rules.name} ${value} is not a whole number.`, rules.todo);
}

function number(value: string, { name, from, to, todo }: NumberRules): number {
  const parsed = Number(value);
  if (value.trim() === '' || !Number.isFinite(parsed) || parsed < from || parsed > to) {
    throw new ArgumentInvalidError(`${name} ${value} is not a number from ${from} to ${to}.`, todo);
  }
  return parsed;
}
