import { messageOf, UndecodableRecordError } from '../../errors.ts';
import type { Read } from './compile.ts';
import { createCursor, moveTo } from './cursor.ts';

/** Reading is synchronous, so that one is enough. */
const at = createCursor();

/**
 * Reads a value, which has to be all that there is at `start` up to `end`.
 * @throws UndecodableRecordError when it is not what its schema says
 */
export function readWhole(read: Read, schemaId: number, bytes: Buffer, start: number, end: number): unknown {
  moveTo(at, bytes, start, end);
  try {
    const value = read(at);
    if (at.position !== end) throw new RangeError('there are more of them');
    return value;
  } catch (error) {
    if (error instanceof UndecodableRecordError) throw error;
    throw new UndecodableRecordError(
      `its bytes are not what schema ${schemaId} says: ${messageOf(error)}`,
      error,
    );
  }
}
