import { BrewError, type EventType, toHeaders, uuidv7 } from '@brew/events';
import type { Codec, OutgoingRecord } from '@brew/kafka';
import { ArgumentInvalidError } from '../errors.ts';
import type { Draft } from './parseInput.ts';

/** The events that drafts are of: their schemas have to be looked up before they can be encoded. */
export function typesOf(drafts: readonly Draft[]): EventType[] {
  const types = drafts.flatMap(({ content }) => (content.kind === 'event' ? [content.type] : []));
  return [...new Set(types)];
}

/**
 * All drafts as records, or none.
 * @throws ArgumentInvalidError naming the first one that its schema forbids, or whose key is not that of its event
 */
export function encodeDrafts(
  topic: string,
  drafts: readonly Draft[],
  codec: Pick<Codec, 'encode'> | undefined,
  now: Date,
): OutgoingRecord[] {
  return drafts.map(({ where, key, headers, content }): OutgoingRecord => {
    if (content.kind !== 'event' || !codec) {
      const value = content.kind === 'bytes' ? content.bytes : null;
      return { topic, key: key ?? null, value, headers };
    }
    const { type, data, context } = content;
    const value = encode(codec, type, data, where);
    const own = type.keyOf(data);
    if (key !== undefined && key !== own) {
      throw new ArgumentInvalidError(
        `${where} has the key ${key}, and ${type.name} of ${own} belongs under that one.`,
        `Leave the key out: ${type.name} has its own.`,
      );
    }
    const full = {
      id: uuidv7(),
      source: '/brew/cli',
      time: now,
      correlationId: own,
      ...context,
      type: type.type,
    };
    return { topic, key: own, value, headers: { ...toHeaders(full), ...headers } };
  });
}

function encode(codec: Pick<Codec, 'encode'>, type: EventType, data: unknown, where: string): Buffer {
  try {
    return codec.encode(type, data);
  } catch (error) {
    if (!(error instanceof BrewError)) throw error;
    throw new ArgumentInvalidError(`${where}: ${error.message}`, 'Nothing was written.');
  }
}
