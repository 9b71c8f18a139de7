import type { AlertName, Condition } from './conditions.ts';

/** An alert that began or ended: what sinks are told. */
export interface AlertChange {
  alert: AlertName;
  subject: string;
  state: 'firing' | 'resolved';
  /** When it began, ISO 8601. */
  since: string;
  /** When it changed to this state. */
  at: string;
  /** Of a resolved one, what was wrong last. */
  message: string;
}

/** An alert that goes on. */
export type Firing = Omit<AlertChange, 'state' | 'at'>;

/** The alerts that fire, and how that changes. */
export interface Alerts {
  readonly firing: readonly Firing[];
  /**
   * Takes what is wrong now. An alert fires from the first moment at which its condition is there to the first at which it is
   * not; in between its message may change, which is nobody's news.
   * @param unknown alerts of which nothing can be told now: they stay as they are
   */
  update(conditions: readonly Condition[], unknown: readonly AlertName[], at: Date): AlertChange[];
}

export function createAlerts(): Alerts {
  let firing = new Map<string, Firing>();
  return {
    get firing() {
      return [...firing.values()];
    },
    update(conditions, unknown, at) {
      const now = at.toISOString();
      const next = new Map<string, Firing>();
      const changes: AlertChange[] = [];
      for (const { alert, subject, message } of conditions) {
        const key = `${alert} ${subject}`;
        const before = firing.get(key);
        next.set(key, { alert, subject, message, since: before?.since ?? now });
        if (!before) changes.push({ alert, subject, state: 'firing', since: now, at: now, message });
      }
      for (const [key, before] of firing) {
        if (next.has(key)) continue;
        if (unknown.includes(before.alert)) next.set(key, before);
        else changes.push({ ...before, state: 'resolved', at: now });
      }
      firing = next;
      return changes;
    },
  };
}
