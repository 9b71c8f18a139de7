import { rules } from '@brew/events';

/** Why a payment has failed, for people to read, however the provider words it. */
export function failureReason(said = ''): string {
  const line = said.replace(/[\s\p{Cc}]+/gu, ' ').trim();
  return line === '' ? 'unknown' : line.slice(0, rules.reason.max).toWellFormed();
}
