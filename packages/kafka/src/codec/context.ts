import { type EventContext, fromHeaders, InvalidHeadersError, problemInContext } from '@brew/events';
import { messageOf, UndecodableRecordError } from '../errors.ts';
import { RecordInBatch } from '../reader/recordInBatch.ts';
import { headerOf, type ReceivedRecord } from '../record.ts';
import { contextAsWritten, HEADERS } from './contextAsWritten.ts';

/**
 * What a record's headers tell of its event.
 * @throws UndecodableRecordError when they are none of Brew's; InvalidHeadersError when Brew itself could not have made them
 */
export function contextOf(record: ReceivedRecord): EventContext {
  return (record instanceof RecordInBatch && contextAsWritten(record)) || contextOfAny(record);
}

function contextOfAny(record: ReceivedRecord): EventContext {
  const context = readContext(record);
  const problem = problemInContext(context);
  if (problem !== undefined) throw new InvalidHeadersError([problem]);
  return context;
}

function readContext(record: ReceivedRecord): EventContext {
  try {
    return fromHeaders(Object.fromEntries(HEADERS.map((name) => [name, headerOf(record, name)])));
  } catch (error) {
    throw new UndecodableRecordError(messageOf(error), error);
  }
}
