import { createHash } from 'node:crypto';

/**
 * The id of an order that a test calls by a shorter name: always the same one. Those of `order-1`, `order-2` … are in that order. A name that is
 * an id stays what it is.
 */
export function orderNamed(name: string): string {
  if (/^[0-9a-f]{8}-/.test(name)) return name;
  const [, prefix = name, number = ''] = /^(.*?)(\d*)$/s.exec(name) ?? [];
  const hash = createHash('sha256').update(prefix).digest('hex');
  const hex = number === '' ? hash : hash.slice(0, 20) + number.padStart(12, '0');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
}
