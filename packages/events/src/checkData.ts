import type { AvroSchema, EnumSchema, RecordSchema, ScalarSchema } from './avroSchema.ts';
import type { EventType } from './eventType.ts';
import { type RangeRule, ruleOf, rules, type TextRule } from './rules.ts';

/** Which fields there are: all of one (true), or some of what is in it; of a list, of each of its items. */
export interface CheckedFields {
  readonly [field: string]: true | CheckedFields;
}

/** Says what is wrong with a value, such as `items.0.quantity is 0, not 1 to 99`; undefined: nothing. */
type Check = (value: unknown) => string | undefined;

const whole = new WeakMap<RecordSchema, Check>();

/**
 * What of an event's data Brew itself could not have made: the first thing that is against the rules (rules.ts); undefined: nothing.
 * @param data what the schema says: that is not checked again
 */
export function problemIn(type: EventType, data: unknown): string | undefined {
  let check = whole.get(type.schema);
  if (check === undefined) {
    check = createCheck(type);
    whole.set(type.schema, check);
  }
  return check(data);
}

/** Makes such a check of some fields. */
export function createCheck({ schema }: EventType, fields: true | CheckedFields = true): Check {
  const named = new Map<string, RecordSchema | EnumSchema>();
  return checkOf(schema, schema.name, fields, undefined, named) ?? (() => undefined);
}

function checkOf(
  schema: AvroSchema,
  holder: string,
  fields: true | CheckedFields,
  rule: TextRule | RangeRule | undefined,
  named: Map<string, RecordSchema | EnumSchema>,
): Check | undefined {
  const inner = (of: AvroSchema, within = rule) => checkOf(of, holder, fields, within, named);
  if (typeof schema === 'string') {
    const known = named.get(schema);
    return known ? inner(known) : checkOfScalar({ type: schema as ScalarSchema['type'] }, rule);
  }
  if (isUnion(schema)) {
    // What is null, or one other thing: of more we have none.
    const [check] = schema.filter((branch) => branch !== 'null').map((branch) => inner(branch));
    return check && ((value) => (value === null ? undefined : check(value)));
  }
  switch (schema.type) {
    case 'record':
      named.set(schema.name, schema);
      return checkOfRecord(schema, holder, fields, named);
    case 'enum':
      named.set(schema.name, schema);
      return undefined; // one of its symbols: decoding has seen to that
    case 'array':
      return checkOfList(inner(schema.items, undefined), rule);
    default:
      return checkOfScalar(schema, rule);
  }
}

function checkOfRecord(
  schema: RecordSchema,
  holder: string,
  fields: true | CheckedFields,
  named: Map<string, RecordSchema | EnumSchema>,
): Check {
  const checks: { name: string; check: Check }[] = [];
  for (const { name, type } of schema.fields) {
    // Also of those that are not there: a type is written out where it comes first.
    const wanted = fields === true ? true : fields[name];
    const check = checkOf(type, name, wanted ?? true, ruleOf(schema.name, holder, name), named);
    if (check && wanted !== undefined) checks.push({ name, check });
  }
  return (value) => {
    for (const { name, check } of checks) {
      const field = (value as Record<string, unknown>)[name];
      if (field === undefined) continue; // its default is written: one without is against the schema
      const problem = check(field);
      if (problem !== undefined) return nameIn(problem, name);
    }
    return undefined;
  };
}

/** Puts a name before what is wrong: ` is 0` or `.quantity is 0`. */
const nameIn = (problem: string, name: string | number) =>
  problem.startsWith(' ') ? `${name}${problem}` : `${name}.${problem}`;

function checkOfList(check: Check | undefined, range: TextRule | RangeRule | undefined): Check {
  const ofLength = range && 'min' in range ? range : undefined;
  return (value) => {
    const items = value as readonly unknown[];
    if (ofLength && !(items.length >= ofLength.min && items.length <= ofLength.max)) {
      return ` has ${items.length} entries, not ${ofLength.min} to ${ofLength.max}`;
    }
    for (let i = 0; check && i < items.length; i++) {
      const problem = check(items[i]);
      if (problem !== undefined) return nameIn(problem, i);
    }
    return undefined;
  };
}

function checkOfScalar(
  { type, logicalType }: ScalarSchema,
  rule: TextRule | RangeRule | undefined,
): Check | undefined {
  if (logicalType === 'timestamp-millis') return checkOfRange(rules.time);
  if (rule === undefined) return undefined;
  if ('pattern' in rule) return type === 'string' ? checkOfText(rule) : undefined;
  return type === 'int' || type === 'long' ? checkOfRange(rule) : undefined;
}

function checkOfText({ max, pattern, values, what }: TextRule): Check {
  return (value) => {
    const text = value as string;
    if (values?.has(text)) return undefined;
    if (text.length <= max && pattern.test(text) && text.isWellFormed()) return undefined;
    return ` is ${JSON.stringify(text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text)}, not ${what}`;
  };
}

/** How much of a text is told. */
const SHOWN = 60;

function checkOfRange({ min, max }: RangeRule): Check {
  return (value) => {
    // A bigint is a long that no number is exact for.
    if (typeof value === 'number' && value >= min && value <= max) return undefined;
    return ` is ${value}, not ${min} to ${max}`;
  };
}

const isUnion = (schema: AvroSchema): schema is readonly AvroSchema[] => Array.isArray(schema);
