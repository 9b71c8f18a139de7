import avro, { type Schema, type Type } from 'avsc';

/** What a value is to be shown as. */
type Show = (value: never, attributes: Attributes) => unknown;

interface Attributes {
  logicalType: string;
  scale?: number;
}

/**
 * Makes the type of a schema, in which types are known that mean more than their bytes, such as dates and decimals.
 * @param registry the types that it refers to, by name; it gets those of the schema
 * @throws what avsc throws of a schema that is none
 */
export function typeOfSchema(schema: unknown, registry: Record<string, Type> = {}): Type {
  return avro.Type.forSchema(schema as Schema, { logicalTypes, registry, omitRecordMethods: true } as never);
}

/** The type that the bytes of values are of. */
export const underlyingOf = (type: Type): Type => (type instanceof Meaning ? type.underlyingType : type);

/** How values of a type are shown; undefined: as they are. */
export function showOf(type: Type): ((value: unknown) => unknown) | undefined {
  if (!(type instanceof Meaning)) return shows[type.typeName] as ((value: unknown) => unknown) | undefined;
  const { attributes } = type;
  const show = shows[attributes.logicalType] as
    | ((value: unknown, attributes: Attributes) => unknown)
    | undefined;
  return show && ((value) => show(value, attributes));
}

class Meaning extends avro.types.LogicalType {
  readonly attributes: Attributes;

  constructor(schema: Schema, options?: unknown) {
    super(schema, options);
    this.attributes = schema as unknown as Attributes;
    if (!fits(this.underlyingType, this.attributes)) throw new TypeError('It is what its bytes are.');
  }
}

const DAY_MS = 86_400_000n;
/** The milliseconds that a Date can have, before and after 1970. */
const MOST_MS = 8.64e15;

/**
 * The forms of JSON in which `brew consume` shows what JSON has no form for. Documented in its --help.
 * @see https://avro.apache.org/docs/1.12.0/specification/#logical-types
 */
const shows: Record<string, Show> = {
  long,
  float: number,
  double: number,
  bytes: hex,
  fixed: hex,
  decimal: (bytes: Buffer, { scale = 0 }) => decimal(bytes, scale),
  uuid: (value: string | Buffer) =>
    typeof value === 'string'
      ? value
      : value.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-'),
  date: (days: number) => timestamp(BigInt(days) * DAY_MS, 1_000n, '')?.slice(0, '2026-01-01'.length) ?? days,
  'time-millis': (value: number) => timeOfDay(BigInt(value), 1_000n) ?? value,
  'time-micros': (value: number | bigint) => timeOfDay(BigInt(value), 1_000_000n) ?? long(value),
  duration: (bytes: Buffer) =>
    `P${bytes.readUInt32LE(0)}M${bytes.readUInt32LE(4)}DT${fraction(BigInt(bytes.readUInt32LE(8)), 3)}S`,
};
for (const [zone, prefix] of [
  ['Z', ''],
  ['', 'local-'],
] as const) {
  for (const [unit, perSecond] of [
    ['millis', 1_000n],
    ['micros', 1_000_000n],
    ['nanos', 1_000_000_000n],
  ] as const) {
    shows[`${prefix}timestamp-${unit}`] = (value: number | bigint) =>
      timestamp(BigInt(value), perSecond, zone) ?? long(value);
  }
}

/** Most of what reads JSON rounds numbers beyond 2^53 without a word: so these are their digits, as a text. */
function long(value: number | bigint): number | string {
  return typeof value === 'bigint' ? String(value) : value;
}

function number(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function hex(bytes: Buffer): string {
  return `0x${bytes.toString('hex')}`;
}

/** The unscaled value is two's complement, big-endian. */
function decimal(bytes: Buffer, scale: number): string {
  if (bytes.length > LONGEST_DECIMAL) return hex(bytes);
  const unsigned = bytes.length === 0 ? 0n : BigInt(hex(bytes));
  return fraction(BigInt.asIntN(Math.max(1, bytes.length * 8), unsigned), scale);
}

/** More digits than that are nobody's amount, and making them of bytes takes time that grows with their square. */
const LONGEST_DECIMAL = 1_024;
const LARGEST_SCALE = 10_000;

/** "-12.05" of -1205 with a scale of 2. */
function fraction(unscaled: bigint, scale: number): string {
  const sign = unscaled < 0n ? '-' : '';
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0');
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

/** RFC 3339 with as many digits as there are; undefined beyond the years that have four. */
function timestamp(value: bigint, perSecond: bigint, zone: string): string | undefined {
  const seconds = floorDivide(value, perSecond);
  const ms = Number(seconds) * 1_000;
  if (Math.abs(ms) > MOST_MS) return undefined;
  const text = new Date(ms).toISOString();
  if (text.length !== '2026-01-01T00:00:00.000Z'.length) return undefined;
  const rest = value - seconds * perSecond;
  return `${text.slice(0, -'.000Z'.length)}.${String(rest).padStart(String(perSecond).length - 1, '0')}${zone}`;
}

function timeOfDay(value: bigint, perSecond: bigint): string | undefined {
  if (value < 0n || value >= 86_400n * perSecond) return undefined;
  return timestamp(value, perSecond, '')?.slice('1970-01-01T'.length);
}

const floorDivide = (value: bigint, by: bigint): bigint => (value - (((value % by) + by) % by)) / by;

/** Avro ignores a logical type that does not fit what it is said of. */
function fits(type: Type, { logicalType, scale = 0 }: Attributes): boolean {
  const { typeName } = type;
  const size = (type as { size?: number }).size;
  switch (logicalType) {
    case 'decimal':
      return (
        ['bytes', 'fixed'].includes(typeName) &&
        Number.isInteger(scale) &&
        scale >= 0 &&
        scale <= LARGEST_SCALE
      );
    case 'uuid':
      return typeName === 'string' || size === 16;
    case 'duration':
      return size === 12;
    case 'date':
    case 'time-millis':
      return typeName === 'int';
    default:
      return typeName === 'long';
  }
}

const logicalTypes = Object.fromEntries(
  Object.keys(shows)
    .filter((name) => !['long', 'float', 'double', 'bytes', 'fixed'].includes(name))
    .map((name) => [name, Meaning]),
);
