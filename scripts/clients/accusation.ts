import type { Scenario } from './scenario.ts';
import type { Deed } from './subject/task.ts';
import type { Subject } from './subjects.ts';

/** What a process of a subject is accused of for something that it did, if of anything. */
export function accusationIn(
  deed: Deed,
  { isOurs }: Pick<Subject, 'isOurs'>,
  { deletes }: Pick<Scenario, 'deletes'>,
): string | undefined {
  if ('gaveUp' in deed) return `gave up: ${deed.gaveUp}`;
  if ('unhandled' in deed) return `did not handle an error: ${deed.unhandled}`;
  if ('alarm' in deed && !(deletes && deed.alarm.startsWith('deleted'))) return `false alarm: ${deed.alarm}`;
  if ('refused' in deed && isOurs) return `not sent: ${deed.why}`;
  return undefined;
}
