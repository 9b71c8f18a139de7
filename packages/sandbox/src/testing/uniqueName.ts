import { randomBytes } from 'node:crypto';

/** `prefix-` and eight random hex digits: a topic, group or database that no other test uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(4).toString('hex')}`;
}
