import type { AvroSchema, EnumSchema, FieldSchema, RecordSchema, ScalarSchema } from '../src/avroSchema.ts';
import { docComment } from './layout.ts';
import { SchemaFileError } from './schemaFiles.ts';

/**
 * The TypeScript declarations of a record and of the named types inside it, innermost first.
 * @returns by name, since a type such as Money stands in many schemas and is declared once
 */
export function declarationsOf(schema: RecordSchema): Map<string, string> {
  const declarations = new Map<string, string>();
  for (const named of namedTypesIn(schema)) {
    declarations.set(named.name, named.type === 'enum' ? enumDeclaration(named) : recordDeclaration(named));
  }
  return declarations;
}

function namedTypesIn(schema: AvroSchema): (RecordSchema | EnumSchema)[] {
  if (typeof schema === 'string') return [];
  if (isUnion(schema)) return schema.flatMap(namedTypesIn);
  switch (schema.type) {
    case 'record':
      return [...schema.fields.flatMap((field) => namedTypesIn(field.type)), schema];
    case 'enum':
      return [schema];
    case 'array':
      return namedTypesIn(schema.items);
    default:
      return [];
  }
}

function recordDeclaration({ name, doc, fields }: RecordSchema): string {
  const members = fields.map((field) => `${docComment(field.doc, 2)}  ${field.name}: ${fieldType(field)};\n`);
  return `${docComment(doc, 0)}export interface ${name} {\n${members.join('')}}\n`;
}

function enumDeclaration({ name, doc, symbols }: EnumSchema): string {
  return `${docComment(doc, 0)}export type ${name} = ${symbols.map((symbol) => `'${symbol}'`).join(' | ')};\n`;
}

function fieldType({ name, type }: FieldSchema): string {
  try {
    return typeOf(type);
  } catch (error) {
    throw new SchemaFileError(`Field ${name}: ${(error as Error).message}`);
  }
}

function typeOf(schema: AvroSchema): string {
  if (typeof schema === 'string') return nameOf(schema);
  if (isUnion(schema)) return unionOf(schema);
  switch (schema.type) {
    case 'record':
    case 'enum':
      return schema.name;
    case 'array':
      return Array.isArray(schema.items) ? `(${typeOf(schema.items)})[]` : `${typeOf(schema.items)}[]`;
    default:
      return scalarOf(schema);
  }
}

/** null goes last, where TypeScript's readers expect it; in Avro it comes first, to be the default. */
function unionOf(branches: readonly AvroSchema[]): string {
  const types = branches.map(typeOf);
  return [...types.filter((type) => type !== 'null'), ...types.filter((type) => type === 'null')].join(' | ');
}

const PRIMITIVES: Record<string, string> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  string: 'string',
};

/** A primitive, or the name of a type declared earlier in the same schema. */
function nameOf(name: string): string {
  const primitive = PRIMITIVES[name];
  if (primitive !== undefined) return primitive;
  const shortName = name.slice(name.lastIndexOf('.') + 1);
  if (!/^[A-Z]/.test(shortName))
    throw new Error(`Avro type ${name} is not used in Brew yet. Teach typescriptOf.ts.`);
  return shortName;
}

function scalarOf({ type, logicalType }: ScalarSchema): string {
  if (logicalType === undefined) return nameOf(type);
  if (logicalType === 'timestamp-millis' && type === 'long') return 'TimestampMillis';
  throw new Error(`Logical type ${logicalType} is not used in Brew yet. Teach typescriptOf.ts.`);
}

// Array.isArray does not narrow a readonly array out of a union.
function isUnion(schema: AvroSchema): schema is readonly AvroSchema[] {
  return Array.isArray(schema);
}
