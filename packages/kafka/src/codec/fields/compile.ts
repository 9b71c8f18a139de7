import avro, { type Type, type types } from 'avsc';
import { type Cursor, eachItem, readBytes, readLong, skipBytes } from './cursor.ts';
import { A_NUMBER, A_TEXT, type Skip, skipAll } from './skips.ts';
import { type CheckText, createTextRead } from './texts.ts';

/** Which fields to read: all of one (true), or some of what is in it; of a list, of each of its items. */
export interface Selection {
  readonly [field: string]: true | Selection;
}

type Read = (at: Cursor) => unknown;

/**
 * Makes what reads `wanted` of values that were written as `writer`, and steps over the rest, by the rules of Avro's schema
 * resolution: what only `reader` has, which is ours, gets its default. Of a union it gives the value, bare.
 *
 * @param reader has to be able to read what `writer` wrote: that was asked of Avro, and is not checked again
 * @param name of the field
 * @throws TypeError for maps and fixed, which no event of ours has
 * @see https://avro.apache.org/docs/1.12.0/specification/#schema-resolution
 */
export function compileRead(
  writer: Type,
  reader: Type,
  wanted: true | Selection,
  checkText?: CheckText,
  name = 'value',
): Read {
  const compile = (from: Type, to: Type, inner: true | Selection, field = name) =>
    compileRead(from, to, inner, checkText, field);
  if (isUnion(writer)) return branchOf(writer.types.map((branch) => compile(branch, reader, wanted)));
  const own = isUnion(reader) ? branchFor(writer, reader) : reader;
  if (isRecord(writer)) return readRecord(writer, own as types.RecordType, wanted, compile);
  if (isArray(writer)) {
    return readArray(compile(writer.itemsType, (own as types.ArrayType).itemsType, wanted));
  }
  if (isEnum(writer)) return readEnum(writer, own as types.EnumType);
  // What differs between text and bytes is only what is made of them.
  if (writer.typeName === 'string' || writer.typeName === 'bytes') {
    return own.typeName === 'bytes' ? readBytes : createTextRead(name, checkText);
  }
  return scalarOf(writer).read;
}

/** What is stepped over for a value, one thing after another. */
function skipsOf(writer: Type): Skip[] {
  if (isRecord(writer)) return writer.fields.flatMap(({ type }) => skipsOf(type));
  if (isUnion(writer)) {
    const branches = writer.types.map(skipsOf);
    return [(at) => skipAll(at, branches[indexIn(branches, at)] as Skip[])];
  }
  if (isArray(writer)) {
    const skips = skipsOf(writer.itemsType);
    return [(at) => eachItem(at, () => skipAll(at, skips))];
  }
  if (isEnum(writer)) return [A_NUMBER];
  return [writer.typeName === 'string' || writer.typeName === 'bytes' ? A_TEXT : scalarOf(writer).skip];
}

function readRecord(
  writer: types.RecordType,
  reader: types.RecordType,
  wanted: true | Selection,
  compile: (from: Type, to: Type, inner: true | Selection, field: string) => Read,
): Read {
  const selected = (name: string) => (wanted === true ? true : wanted[name]);
  const steps: { skips: Skip[]; name: string; read: Read }[] = [];
  let skips: Skip[] = [];
  for (const { name, type } of writer.fields) {
    const field = reader.fields.find((own) => own.name === name || own.aliases.includes(name));
    const inner = field && selected(field.name);
    if (field === undefined || inner === undefined) skips.push(...skipsOf(type));
    else {
      steps.push({ skips, name: field.name, read: compile(type, field.type, inner, field.name) });
      skips = [];
    }
  }
  const written = new Set(steps.map(({ name }) => name));
  const missing = reader.fields.filter(({ name }) => selected(name) !== undefined && !written.has(name));
  return (at) => {
    const record: Record<string, unknown> = {};
    for (const step of steps) {
      skipAll(at, step.skips);
      record[step.name] = step.read(at);
    }
    skipAll(at, skips);
    for (const field of missing) record[field.name] = field.defaultValue();
    return record;
  };
}

function readArray(read: Read): Read {
  return (at) => {
    const items: unknown[] = [];
    eachItem(at, () => items.push(read(at)));
    return items;
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

function indexIn({ length }: readonly unknown[], at: Cursor): number {
  const index = readLong(at);
  if (index < 0 || index >= length) throw new RangeError(`there is no number ${index} of ${length}`);
  return index;
}

/** What stays as it is, whatever number or truth value it is read as. */
const scalars: Record<string, { read: Read; skip: Skip }> = {
  null: { read: () => null, skip: 0 },
  boolean: { read: (at) => at.bytes[skipBytes(at, 1)] !== 0, skip: 1 },
  int: { read: readLong, skip: A_NUMBER },
  long: { read: readLong, skip: A_NUMBER },
  float: { read: (at) => at.bytes.readFloatLE(skipBytes(at, 4)), skip: 4 },
  double: { read: (at) => at.bytes.readDoubleLE(skipBytes(at, 8)), skip: 8 },
};

function scalarOf({ typeName }: Type): { read: Read; skip: Skip } {
  const scalar = scalars[typeName];
  if (scalar === undefined) throw new TypeError(`Some fields of a record can't be read past a ${typeName}.`);
  return scalar;
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

// Of avsc's classes there may be two copies, one of them within the registry's client: so they are told by name.
const isRecord = (type: Type): type is types.RecordType => avro.Type.isType(type, 'record');
const isArray = (type: Type): type is types.ArrayType => avro.Type.isType(type, 'array');
const isEnum = (type: Type): type is types.EnumType => avro.Type.isType(type, 'enum');
const isUnion = (type: Type): type is types.UnwrappedUnionType => avro.Type.isType(type, 'union');
