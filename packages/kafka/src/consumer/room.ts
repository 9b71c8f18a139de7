import { LARGEST_BATCH } from '../reader/compression.ts';

/** What each partition may hold without asking, in bytes: no ordinary batch unpacks to more, see LARGEST_BATCH. */
export const SHARE = 1024 * 1024;

/** What all partitions together hold beyond that. */
export const ROOM = 2 * LARGEST_BATCH;

/** What one partition holds of the room. */
export interface Account {
  /** Says that it holds so many bytes now, in all. False, and all is as it was, when there is no room for that. */
  hold(bytes: number): boolean;
  /** Waits for its turn to hold a batch as large as they get, or until the signal is aborted. */
  waitForLargest(signal: AbortSignal): Promise<void>;
  /** Whether somebody waits for what this one holds. */
  readonly isWanted: boolean;
}

/**
 * Memory that the partitions of a consumer share: a batch of a few bytes can unpack to sixteen MiB, and there may be one in each partition. Who
 * waits gets it in the order in which they came, and nobody takes it from before them; small batches wait for nobody.
 */
export function createRoom(size = ROOM): { account(): Account } {
  const queue: (() => boolean)[] = [];
  let free = size;

  function serve(): void {
    while (queue[0]?.()) queue.shift();
  }

  return {
    account() {
      let held = 0;

      function change(bytes: number): boolean {
        const wanted = Math.max(0, bytes - SHARE);
        if (wanted - held > free) return false;
        free -= wanted - held;
        held = wanted;
        return true;
      }

      return {
        hold(bytes) {
          if (bytes - SHARE > held && queue.length > 0) return false;
          const isHeld = change(bytes);
          serve();
          return isHeld;
        },
        async waitForLargest(signal) {
          if (signal.aborted) return;
          const turn = Promise.withResolvers<void>();
          const waiter = () => {
            const isServed = change(LARGEST_BATCH);
            if (isServed) turn.resolve();
            return isServed;
          };
          const leave = () => {
            const place = queue.indexOf(waiter);
            if (place < 0) return; // it was its turn just now
            queue.splice(place, 1);
            turn.resolve();
            serve();
          };
          queue.push(waiter);
          signal.addEventListener('abort', leave, { once: true });
          serve();
          await turn.promise;
          signal.removeEventListener('abort', leave);
        },
        get isWanted() {
          return held > 0 && queue.length > 0;
        },
      };
    },
  };
}
