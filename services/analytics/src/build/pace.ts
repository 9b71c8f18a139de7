/** The longest that a record waits for being stored, once reading has almost caught up. */
const PACE_MS = 250;
/** And before that: with a few large transactions, most of the time is left for reading. */
const BEHIND_MS = 5_000;

/** When to store what was read. */
export interface Pace {
  /** So many records were read. */
  note(records: number): void;
  /** Resolves with undefined when something has waited long enough. */
  due(): Promise<undefined>;
  /** @param behind whether there is much more to read */
  isDue(behind: boolean): boolean;
  /** What was read so far begins to be stored. */
  begin(): void;
  /** It is stored. */
  end(): void;
  stop(): void;
}

export function createPace(): Pace {
  let records = 0;
  let since = 0;
  let isStoring = false;
  let timer: NodeJS.Timeout | undefined;
  let bell = Promise.withResolvers<undefined>();

  function ring(): void {
    timer = undefined;
    bell.resolve(undefined);
    bell = Promise.withResolvers();
  }

  return {
    note(more) {
      if (records === 0) since = performance.now();
      records += more;
    },
    due() {
      if (records > 0) timer ??= setTimeout(ring, PACE_MS);
      return bell.promise;
    },
    isDue(behind) {
      if (records === 0) return false;
      // While others are being stored it waits, but not for ever: or there would be more and more to store.
      return performance.now() - since >= (behind || isStoring ? BEHIND_MS : PACE_MS);
    },
    begin() {
      records = 0;
      isStoring = true;
    },
    end() {
      isStoring = false;
    },
    stop: () => clearTimeout(timer),
  };
}
