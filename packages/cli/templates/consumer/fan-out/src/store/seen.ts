/** That an event happened to an order, or to whatever its key is. */
export interface Sighting {
  event: string;
  key: string;
  at: Date;
}

interface Summary {
  event: string;
  keys: number;
  lastAt: Date;
}

/** What this instance saw, in memory: it grows with the number of keys, and is gone when it ends. */
export interface Seen {
  /** Notes of a key that it had an event, and when last. Noting it again changes nothing. */
  see(sighting: Sighting): void;
  /** The key was taken away: it is as if it had never had an event. */
  forget(key: string): void;
  /** Of how many keys each event was seen, and when last; of one key alone, if there is one. */
  summary(key?: string): Summary[];
}

export function createSeen(): Seen {
  const events = new Map<string, Map<string, Date>>();
  return {
    see({ event, key, at }) {
      const keys = events.get(event) ?? new Map<string, Date>();
      events.set(event, keys);
      const last = keys.get(key);
      if (last === undefined || at > last) keys.set(key, at);
    },

    forget(key) {
      for (const keys of events.values()) keys.delete(key);
    },

    summary(only) {
      return [...events].flatMap(([event, keys]) => {
        const times = [...keys].filter(([key]) => only === undefined || key === only).map(([, at]) => at);
        const latest = times.toSorted((a, b) => a.getTime() - b.getTime()).at(-1);
        return latest ? [{ event, keys: times.length, lastAt: latest }] : [];
      });
    },
  };
}
