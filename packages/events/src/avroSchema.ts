/**
 * What Brew uses of an Avro schema, as it stands in an .avsc file: the input of the generator and of the
 * compatibility check, and what a registry is given. Maps and fixed are left out until an event needs them.
 *
 * @see https://avro.apache.org/docs/1.12.0/specification/
 */
export type AvroSchema =
  | string
  | readonly AvroSchema[]
  | RecordSchema
  | EnumSchema
  | ArraySchema
  | ScalarSchema;

export interface RecordSchema {
  readonly type: 'record';
  readonly name: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly fields: readonly FieldSchema[];
}

export interface FieldSchema {
  readonly name: string;
  readonly type: AvroSchema;
  readonly doc?: string;
  readonly default?: unknown;
}

export interface EnumSchema {
  readonly type: 'enum';
  readonly name: string;
  readonly namespace?: string;
  readonly doc?: string;
  readonly symbols: readonly string[];
  /** What a reader takes for a symbol that it does not know. */
  readonly default?: string;
}

export interface ArraySchema {
  readonly type: 'array';
  readonly items: AvroSchema;
}

/** A primitive, as an object, so that it can carry what it means: `{ type: 'long', logicalType: 'timestamp-millis' }`. */
export interface ScalarSchema {
  readonly type: 'null' | 'boolean' | 'int' | 'long' | 'float' | 'double' | 'bytes' | 'string';
  readonly logicalType?: string;
  readonly precision?: number;
  readonly scale?: number;
}
