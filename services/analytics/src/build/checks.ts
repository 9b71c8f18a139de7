import type { RecordSchema } from '@brew/events';
import { UndecodableRecordError } from '@brew/kafka';

/** What is longer than that is no id, no name and no currency, and would be too long for an index. */
const LONGEST_TEXT = 200;
/** The year 10000. */
const LATEST_TIME = Date.UTC(10_000, 0);

/**
 * Makes a check whether PostgreSQL can keep what was read: one record that it refuses would fail all that are written with it.
 * @throws UndecodableRecordError naming the field
 */
export function createCheck(schema: RecordSchema, fields: object): (data: object) => void {
  const times = schema.fields
    .filter(({ name, type }) => name in fields && isTime(type))
    .map(({ name }) => name);
  return (data) => {
    for (const name of times) {
      const time = (data as Record<string, unknown>)[name];
      if (!(Number(time) >= 0 && Number(time) < LATEST_TIME)) {
        throw new UndecodableRecordError(`its ${name} ${time} is no time between 1970 and 10000`);
      }
    }
    checkTexts(data, 'event');
  };
}

function checkTexts(value: unknown, name: string): void {
  if (typeof value === 'string') {
    if (value.length > LONGEST_TEXT) throw new UndecodableRecordError(`its ${name} is too long`);
    if (value.includes('\0')) throw new UndecodableRecordError(`its ${name} has a NUL in it`);
  } else if (typeof value === 'object') {
    for (const field in value) checkTexts((value as Record<string, unknown>)[field], field);
  }
}

const isTime = (type: unknown): boolean =>
  (type as { logicalType?: string } | null)?.logicalType === 'timestamp-millis';
