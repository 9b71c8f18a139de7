import { createHash } from 'node:crypto';

/** The id of an order that a test calls by a shorter name: always the same one. A name that is an id stays what it is. */
export function orderNamed(name: string): string {
  if (/^[0-9a-f]{8}-/.test(name)) return name;
  const hex = createHash('sha256').update(name).digest('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
