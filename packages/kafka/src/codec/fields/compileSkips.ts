import type { Type, types } from 'avsc';
import { type Cursor, eachItem, nested, readBoolean, readSize, spend } from './cursor.ts';
import { underlyingOf } from './logicalTypes.ts';
import { A_NUMBER, A_TEXT, type Skip, skipAll } from './skips.ts';
import { isArray, isEnum, isFixed, isMap, isRecord, isUnion } from './types.ts';

/** With more to skip, a record is skipped as one: a schema may have a record ten times that has one ten times that … */
const MOST_INLINE = 32;

/** Makes what steps over values of a type. Of each record there is one, since it may contain itself. */
export function createSkips(): (type: Type) => Skip[] {
  const records = new Map<Type, Skip[]>();

  function skipsOf(logical: Type): Skip[] {
    const type = underlyingOf(logical);
    if (isRecord(type)) return skipsOfRecord(type);
    if (isUnion(type)) {
      const branches = type.types.map(skipsOf);
      return [(at) => skipAll(at, branches[indexIn(branches, at)] as Skip[])];
    }
    if (isArray(type)) {
      const skips = skipsOf(type.itemsType);
      const least = leastBytes(type.itemsType);
      return [(at) => eachItem(at, () => skipAll(at, skips), least)];
    }
    if (isMap(type)) {
      const skips = [A_TEXT, ...skipsOf(type.valuesType)];
      return [(at) => eachItem(at, () => skipAll(at, skips))];
    }
    if (isEnum(type)) return [(at) => void indexIn(type.symbols, at)];
    if (isFixed(type)) return [type.size];
    return [scalars[type.typeName] as Skip];
  }

  function skipsOfRecord(type: types.RecordType): Skip[] {
    const known = records.get(type);
    if (known) return known;
    let fields: Skip[] = [];
    records.set(type, [(at) => nested(at, () => skipAll(at, fields))]);
    fields = type.fields.flatMap((field) => skipsOf(field.type));
    const cost = costOf(type);
    const asOne: Skip = (at) => {
      spend(at, cost);
      skipAll(at, fields);
    };
    const skips = fields.length > MOST_INLINE ? [asOne] : fields;
    records.set(type, skips);
    return skips;
  }

  return skipsOf;
}

const scalars: Record<string, Skip> = {
  null: 0,
  boolean: (at) => void readBoolean(at),
  int: A_NUMBER,
  long: A_NUMBER,
  float: 4,
  double: 8,
  string: A_TEXT,
  bytes: A_TEXT,
};

/** The number of a symbol or a branch. */
export function indexIn({ length }: readonly unknown[], at: Cursor): number {
  const index = readSize(at);
  if (index < 0 || index >= length) throw new RangeError(`there is no number ${index} of ${length}`);
  return index;
}

/** What a record costs beside its bytes: see spend(). */
export const costOf = ({ fields }: types.RecordType): number =>
  1 + fields.filter(({ type }) => leastBytes(type) === 0).length;

const least = new WeakMap<Type, number>();

/** How many bytes a value takes at least: a list that claims to have more items than fit into what is left is none. */
export function leastBytes(logical: Type): number {
  const type = underlyingOf(logical);
  if (isRecord(type)) {
    const known = least.get(type);
    if (known !== undefined) return known;
    // For what is in it and of its own type.
    least.set(type, 0);
    const sum = type.fields.reduce((sum, field) => sum + leastBytes(field.type), 0);
    least.set(type, sum);
    return sum;
  }
  if (isUnion(type)) return 1;
  if (isFixed(type)) return type.size;
  return { null: 0, float: 4, double: 8 }[type.typeName as string] ?? 1;
}
