import avro, { type Type, type types } from 'avsc';

// Of avsc's classes there may be two copies: so they are told by name.
export const isRecord = (type: Type): type is types.RecordType => avro.Type.isType(type, 'record', 'error');
export const isArray = (type: Type): type is types.ArrayType => avro.Type.isType(type, 'array');
export const isMap = (type: Type): type is types.MapType => avro.Type.isType(type, 'map');
export const isEnum = (type: Type): type is types.EnumType => avro.Type.isType(type, 'enum');
export const isFixed = (type: Type): type is types.FixedType => avro.Type.isType(type, 'fixed');
export const isUnion = (type: Type): type is types.UnwrappedUnionType => avro.Type.isType(type, 'union');
