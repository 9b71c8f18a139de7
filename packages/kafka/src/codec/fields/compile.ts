import type { Type, types } from 'avsc';
import { costOf, createSkips, indexIn, leastBytes } from './compileSkips.ts';
import {
  type Cursor,
  eachItem,
  nested,
  readBoolean,
  readBytes,
  readInt,
  readLong,
  readText,
  skipBytes,
  spend,
} from './cursor.ts';
import { showOf, underlyingOf } from './logicalTypes.ts';
import { type Skip, skipAll } from './skips.ts';
import { isArray, isEnum, isFixed, isMap, isRecord, isUnion } from './types.ts';

/** Which fields to read: all of one (true), or some of what is in it; of a list, of each of its items. */
export interface Selection {
  readonly [field: string]: true | Selection;
}

export type Read = (at: Cursor) => unknown;

/**
 * Makes what reads `wanted` of values that were written as `writer`, and steps over the rest, by the rules of Avro's schema
 * resolution: what only `reader` has, which is ours, gets its default. Of a union it gives the value, bare; a long that a number is
 * not exact for is a bigint. What it is given to read costs no more than its bytes, whatever these claim to be.
 *
 * @param reader has to be able to read what `writer` wrote: that was asked of Avro, and is not checked again
 * @see https://avro.apache.org/docs/1.12.0/specification/#schema-resolution
 */
export const compileRead = (writer: Type, reader: Type, wanted: true | Selection): Read =>
  createCompiler(() => undefined)(writer, reader, wanted);

/** Makes what reads values for people: as JSON can say them, dates and decimals as what they mean. See logicalTypes.ts. */
export const compileShow = (writer: Type): Read => createCompiler(showOf)(writer, writer, true);

function createCompiler(showing: typeof showOf) {
  const skipsOf = createSkips();
  /** Of whole records, by their writers' types, since they may contain themselves; undefined while it is being made. */
  const records = new Map<Type, Map<Type, Read | undefined>>();

  function compile(writer: Type, reader: Type, wanted: true | Selection): Read {
    const read = compileBytes(underlyingOf(writer), reader, wanted);
    const show = showing(writer);
    return show ? (at) => show(read(at)) : read;
  }

  function compileBytes(writer: Type, reader: Type, wanted: true | Selection): Read {
    if (isUnion(writer)) {
      const same = underlyingOf(reader) === writer;
      return branchOf(writer.types.map((branch) => compile(branch, same ? branch : reader, wanted)));
    }
    const own = underlyingOf(isUnion(reader) ? branchFor(writer, reader) : reader);
    if (isRecord(writer)) return compileRecord(writer, own as types.RecordType, wanted);
    if (isArray(writer)) {
      const { itemsType } = own as types.ArrayType;
      return readArray(compile(writer.itemsType, itemsType, wanted), leastBytes(writer.itemsType));
    }
    if (isMap(writer)) return readMap(compile(writer.valuesType, (own as types.MapType).valuesType, wanted));
    if (isEnum(writer)) return readEnum(writer, own as types.EnumType);
    if (isFixed(writer)) return readFixed(writer.size);
    return scalarOf(writer, own);
  }

  function compileRecord(writer: types.RecordType, reader: types.RecordType, wanted: true | Selection): Read {
    if (wanted !== true) return readRecord(writer, reader, wanted);
    const made = records.get(writer) ?? new Map<Type, Read | undefined>();
    records.set(writer, made);
    if (made.has(reader)) return made.get(reader) ?? ((at) => nested(at, made.get(reader) as Read));
    made.set(reader, undefined);
    const read = readRecord(writer, reader, wanted);
    made.set(reader, read);
    return read;
  }

  function readRecord(writer: types.RecordType, reader: types.RecordType, wanted: true | Selection): Read {
    const selected = (name: string) => (wanted === true ? true : wanted[name]);
    const steps: Step[] = [];
    let skips: Skip[] = [];
    for (const { name, type } of writer.fields) {
      const field = reader.fields.find((own) => own.name === name || own.aliases.includes(name));
      const inner = field && selected(field.name);
      if (field === undefined || inner === undefined) skips.push(...skipsOf(type));
      else {
        steps.push({ skips, name: field.name, read: compile(type, field.type, inner) });
        skips = [];
      }
    }
    const written = new Set(steps.map(({ name }) => name));
    const missing = reader.fields.filter(({ name }) => selected(name) !== undefined && !written.has(name));
    for (const field of missing) {
      steps.push({ skips, name: field.name, read: () => field.defaultValue() });
      skips = [];
    }
    return compileSteps(steps, skips, costOf(writer));
  }

  return compile;
}

/** What a record is read by: what to step over, and then a field. */
interface Step {
  skips: Skip[];
  name: string;
  read: Read;
}

/**
 * A function of its own for each record, as avsc makes them, too: an object is made at once with all of its fields, and V8 knows of each place in it
 * what is called there. One function for all would take several times as long. Nothing of a schema gets into its text but the names of fields, as
 * JSON, and these have letters, digits and underscores, which avsc has seen to.
 * @param behind what to step over behind the last one
 */
function compileSteps(steps: readonly Step[], behind: readonly Skip[], cost: number): Read {
  // In brackets, it is a name as any other. Without, it would be the object's prototype.
  const keyOf = (name: string) => (name === '__proto__' ? `["${name}"]` : JSON.stringify(name));
  const fields = steps.map(({ skips, name }, i) => {
    const skip = skips.length > 0 ? `skipAll(at, skips${i}), ` : '';
    return `${keyOf(name)}: (${skip}read${i}(at))`;
  });
  const make = new Function(
    ...['spend', 'skipAll', 'cost', 'behind', 'steps'],
    `${steps.map((_, i) => `const { read: read${i}, skips: skips${i} } = steps[${i}];`).join('\n')}
    return (at) => {
      spend(at, cost);
      const record = { ${fields.join(', ')} };
      ${behind.length > 0 ? 'skipAll(at, behind);' : ''}
      return record;
    };`,
  );
  return make(spend, skipAll, cost, behind, steps) as Read;
}

function readArray(read: Read, least: number): Read {
  return (at) => {
    let items: unknown[] = [];
    let next = 0;
    eachItem(
      at,
      (_, left) => {
        // As large as it has to be, as a rule: one that grows begins with room for seventeen.
        if (next === 0) items = new Array(left);
        items[next++] = read(at);
      },
      least,
    );
    return items;
  };
}

function readFixed(size: number): Read {
  return (at) => {
    const start = skipBytes(at, size);
    return Buffer.from(at.bytes.subarray(start, start + size));
  };
}

function readMap(read: Read): Read {
  return (at) => {
    const entries: [string, unknown][] = [];
    eachItem(at, () => entries.push([readText(at), read(at)]));
    // Not one after the other into an object: a key may be `__proto__`.
    return Object.fromEntries(entries);
  };
}

function readEnum(writer: types.EnumType, reader: types.EnumType): Read {
  const known = new Set(reader.symbols);
  // What a reader takes for a symbol that it does not know.
  const { default: other } = reader as { default?: string };
  const symbols = writer.symbols.map((symbol) => (known.has(symbol) ? symbol : other));
  return (at) => symbols[indexIn(symbols, at)];
}

function branchOf(branches: readonly Read[]): Read {
  return (at) => branches[indexIn(branches, at)]?.(at);
}

function scalarOf({ typeName }: Type, reader: Type): Read {
  switch (typeName) {
    case 'null':
      return () => null;
    case 'boolean':
      return readBoolean;
    case 'int':
      return readInt;
    case 'long':
      return ['float', 'double'].includes(reader.typeName) ? (at) => Number(readLong(at)) : readLong;
    case 'float':
      return (at) => at.bytes.readFloatLE(skipBytes(at, 4));
    case 'double':
      return (at) => at.bytes.readDoubleLE(skipBytes(at, 8));
    default:
      // Text or bytes: what differs is only what is made of them.
      return reader.typeName === 'bytes' ? readBytes : readText;
  }
}

function branchFor(writer: Type, { types }: types.UnwrappedUnionType): Type {
  const fitting = types.find((branch) => canRead(branch, writer));
  if (fitting === undefined) throw new TypeError(`No branch of a union takes a ${writer.typeName}.`);
  return fitting;
}

function canRead(reader: Type, writer: Type): boolean {
  try {
    return reader.createResolver(writer) !== undefined;
  } catch {
    return false;
  }
}
