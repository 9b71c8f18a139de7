import type { RecordSchema } from '@brew/events';
import { UndecodableRecordError } from '@brew/kafka';

/** What is longer than that is no id, no name and no currency, and would be too long for an index. */
const LONGEST_TEXT = 200;
/** The year 10000. */
const LATEST_TIME = Date.UTC(10_000, 0);

// One record that PostgreSQL refuses would fail all that are written with it: so each is looked at before anything is made of it.

/** @throws UndecodableRecordError for a text that PostgreSQL does not keep */
export function checkText(text: string, field: string): void {
  if (text.length > LONGEST_TEXT) throw new UndecodableRecordError(`its ${field} is too long`);
  if (text.includes('\0')) throw new UndecodableRecordError(`its ${field} has a NUL in it`);
}

/**
 * Makes a check of the times in an event.
 * @throws UndecodableRecordError naming the field
 */
export function createTimeCheck(schema: RecordSchema, fields: object): (data: object) => void {
  const times = schema.fields
    .filter(({ name, type }) => name in fields && isTime(type))
    .map(({ name }) => name);
  return (data) => {
    for (const name of times) {
      const time = (data as Record<string, number>)[name] ?? Number.NaN;
      if (!(time >= 0 && time < LATEST_TIME)) {
        throw new UndecodableRecordError(`its ${name} ${time} is no time between 1970 and 10000`);
      }
    }
  };
}

const isTime = (type: unknown): boolean =>
  (type as { logicalType?: string } | null)?.logicalType === 'timestamp-millis';
