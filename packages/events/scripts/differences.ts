import type { AvroSchema, EnumSchema, FieldSchema, RecordSchema, ScalarSchema } from '../src/avroSchema.ts';

/** Something that changed between two schemas and must not have. */
export interface Difference {
  /** Where, such as items[].unitPrice.amount; empty for the event itself. */
  field: string;
  /** What is wrong, to go after "field …". */
  problem: string;
  /** A sentence: what to do about it. */
  mend: string;
}

type NamedTypes = ReadonlyMap<string, RecordSchema | EnumSchema>;
type ResolvedSchema = Exclude<AvroSchema, string>;

/**
 * What keeps records of an older schema from being read with a newer one, or consumers that still have the older
 * one from doing without what is gone. It is stricter than a registry's BACKWARD rule in that (required fields
 * stay), and in what registries wave through because the bytes can still be read: a decimal's scale and
 * precision, a timestamp's unit. A rename counts as removing and adding, with or without an alias.
 */
export function differences(older: RecordSchema, newer: RecordSchema): Difference[] {
  const found: Difference[] = [];
  const olderTypes = namedTypesOf(older);
  const newerTypes = namedTypesOf(newer);
  const open = new Set<string>();
  compare(older, newer, '');
  return found;

  function compare(olderSchema: AvroSchema, newerSchema: AvroSchema, field: string): void {
    const was = resolve(olderSchema, olderTypes);
    const is = resolve(newerSchema, newerTypes);
    if (isUnion(was) || isUnion(is)) compareUnions(was, is, field);
    else if (was.type === 'record' && is.type === 'record') compareRecords(was, is, field);
    else if (was.type === 'enum' && is.type === 'enum') compareEnums(was, is, field);
    else if (was.type === 'array' && is.type === 'array') compare(was.items, is.items, `${field}[]`);
    else compareScalars(was, is, field);
  }

  function compareUnions(was: ResolvedSchema, is: ResolvedSchema, field: string): void {
    const choices = branchesOf(is).map((branch) => resolve(branch, newerTypes));
    for (const branch of branchesOf(was).map((schema) => resolve(schema, olderTypes))) {
      const match =
        choices.find((choice) => describe(choice) === describe(branch)) ??
        choices.find((choice) => canPromote(branch, choice));
      if (match !== undefined) compare(branch, match, field);
      else {
        const problem = `could be ${describe(branch)} and no longer can`;
        found.push({ field, problem, mend: `Keep ${describe(branch)} in the union.` });
      }
    }
  }

  function compareRecords(was: RecordSchema, is: RecordSchema, field: string): void {
    if (was.name !== is.name) {
      const problem = `is a record that was called ${was.name} and is now called ${is.name}`;
      found.push({ field, problem, mend: `Call it ${was.name} again: Avro matches records by name.` });
      return;
    }
    // A record may contain itself (a list's node, say): what is being compared already is not entered again.
    if (open.has(was.name)) return;
    open.add(was.name);
    for (const newField of is.fields) {
      const path = join(field, newField.name);
      const oldField = was.fields.find(({ name }) => name === newField.name);
      if (oldField !== undefined) compare(oldField.type, newField.type, path);
      else if (!hasDefault(newField)) {
        const problem = 'was added without a default, so older records have nothing to put there';
        found.push({ field: path, problem, mend: 'Give it a default.' });
      }
    }
    for (const oldField of was.fields) {
      if (hasDefault(oldField) || is.fields.some(({ name }) => name === oldField.name)) continue;
      const problem =
        'was removed, and consumers that read with the older schema need it, for it had no default';
      found.push({ field: join(field, oldField.name), problem, mend: 'Bring it back.' });
    }
    open.delete(was.name);
  }

  function compareEnums(was: EnumSchema, is: EnumSchema, field: string): void {
    if (was.name !== is.name) {
      const problem = `is an enum that was called ${was.name} and is now called ${is.name}`;
      found.push({ field, problem, mend: `Call it ${was.name} again: Avro matches enums by name.` });
    }
    const gone = was.symbols.filter((symbol) => !is.symbols.includes(symbol));
    if (gone.length === 0 || is.default !== undefined) return;
    const problem = `lost the symbol ${gone.join(', ')} from its enum ${is.name}, which has no default to read it as`;
    found.push({ field, problem, mend: 'Bring it back, or give the enum a default.' });
  }

  function compareScalars(was: ResolvedSchema, is: ResolvedSchema, field: string): void {
    if (!sameKind(was, is) && !canPromote(was, is)) {
      const problem = `changed its type from ${describe(was)} to ${describe(is)}`;
      found.push({
        field,
        problem,
        mend: `Make it ${describe(was)} again, or add a field of another name with a default.`,
      });
    } else if (meaningOf(was) !== meaningOf(is)) {
      const problem = `changed its logical type from ${meaningOf(was)} to ${meaningOf(is)}, so older values would be taken for something else`;
      found.push({
        field,
        problem,
        mend: `Make it as it was, or add a field of another name with a default.`,
      });
    }
  }
}

// Avro 1.12, "Schema Resolution": what a writer's primitive may be read as.
const PROMOTIONS: Readonly<Record<string, readonly string[]>> = {
  int: ['long', 'float', 'double'],
  long: ['float', 'double'],
  float: ['double'],
  string: ['bytes'],
  bytes: ['string'],
};

function canPromote(was: ResolvedSchema, is: ResolvedSchema): boolean {
  return !isUnion(was) && !isUnion(is) && (PROMOTIONS[was.type]?.includes(is.type) ?? false);
}

function sameKind(was: ResolvedSchema, is: ResolvedSchema): boolean {
  return !isUnion(was) && !isUnion(is) && was.type === is.type;
}

function describe(schema: ResolvedSchema): string {
  if (isUnion(schema)) return 'a union';
  return 'name' in schema ? `${schema.type} ${schema.name}` : schema.type;
}

/** What the value stands for, beyond its type: its logical type. */
function meaningOf(schema: ResolvedSchema): string {
  const { logicalType, precision, scale = 0 } = schema as ScalarSchema;
  if (logicalType === undefined) return 'none';
  return logicalType === 'decimal' ? `decimal(${precision}, ${scale})` : logicalType;
}

/** A primitive's name becomes a schema; a named type's name becomes its declaration. */
function resolve(schema: AvroSchema, types: NamedTypes): ResolvedSchema {
  if (typeof schema !== 'string') return schema;
  return (
    types.get(schema) ??
    types.get(schema.slice(schema.lastIndexOf('.') + 1)) ??
    ({ type: schema } as ScalarSchema)
  );
}

/** By unqualified name: an event and what is in it share one namespace. */
function namedTypesOf(root: AvroSchema): NamedTypes {
  const types = new Map<string, RecordSchema | EnumSchema>();
  visit(root);
  return types;

  function visit(schema: AvroSchema): void {
    if (typeof schema === 'string') return;
    if (isUnion(schema)) schema.forEach(visit);
    else if (schema.type === 'array') visit(schema.items);
    else if (schema.type === 'enum' || schema.type === 'record') {
      types.set(schema.name, schema);
      if (schema.type === 'record') for (const field of schema.fields) visit(field.type);
    }
  }
}

const join = (path: string, name: string): string => (path === '' ? name : `${path}.${name}`);
const hasDefault = (field: FieldSchema): boolean => field.default !== undefined;
const branchesOf = (schema: ResolvedSchema): readonly AvroSchema[] => (isUnion(schema) ? schema : [schema]);

// Array.isArray does not narrow a readonly array out of a union.
function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema);
}
