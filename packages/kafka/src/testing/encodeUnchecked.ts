import type { EventType } from '@brew/events';
import avro from 'avsc';
import { createRegistry } from '../codec/registry.ts';
import { frame } from '../codec/wireFormat.ts';

/** Writes events as anybody could who has the schemas, which have to be registered: also such as are against our rules. */
export async function createUncheckedEncode(registryUrl: string, types: readonly EventType[]) {
  const registry = createRegistry(registryUrl);
  const writers = new Map<string, { id: number; type: avro.Type }>();
  for (const { type, subject, schema } of types) {
    writers.set(type, {
      id: await registry.idOf(subject, schema),
      type: avro.Type.forSchema(schema as never),
    });
  }
  return <Data>({ type }: EventType<Data>, data: Data): Buffer => {
    const writer = writers.get(type);
    if (!writer) throw new TypeError(`${type} was not asked for`);
    return frame(writer.id, writer.type, data);
  };
}
