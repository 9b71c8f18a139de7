import { isUtf8 } from 'node:buffer';
import { type ReceivedRecord, rawPartsOf } from '@brew/kafka';

/** Bytes as text; those that are no UTF-8 as Avro's bytes are shown: 0x and hexadecimal digits. */
const textOf = (bytes: string | Buffer): string =>
  typeof bytes === 'string' || isUtf8(bytes) ? String(bytes) : `0x${bytes.toString('hex')}`;

export function keyTextOf(record: ReceivedRecord): string | null {
  const { key } = rawPartsOf(record);
  return key === null ? null : textOf(key);
}

/** All headers in their order: a name may come twice, and a value may be missing. */
export const headersOf = (record: ReceivedRecord): [name: string, value: string | null][] =>
  rawPartsOf(record).headers.map(([name, value]) => [textOf(name), value === null ? null : textOf(value)]);

type HeaderValue = string | null;

/** The same by name; one that comes twice has a list of its values. */
export function headersByName(record: ReceivedRecord): Record<string, HeaderValue | HeaderValue[]> {
  // Without a prototype: a header may have any name, also `__proto__`.
  const headers: Record<string, HeaderValue | HeaderValue[]> = Object.create(null);
  for (const [name, value] of headersOf(record)) {
    const before = headers[name];
    headers[name] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}
