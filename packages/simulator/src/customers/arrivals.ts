export interface Arrivals {
  start(): void;
  /** Nobody arrives any more. */
  stop(): void;
}

export interface ArrivalsOptions<Arrival extends { gap: number }> {
  /** Arrivals per second, on average; more than 0. */
  rate: number;
  /** Who comes n-th, `gap` after the one before, in units of the mean gap (1 / rate). Asked when that one has come. */
  next(n: number): Arrival;
  /**
   * Called at each arrival, and not awaited.
   * @param dueAt when they were to come, on the clock of performance.now(): what they wait counts from then
   */
  onArrival(arrival: Arrival, n: number, dueAt: number): void;
}

/**
 * An open-loop arrival process: the times come from the gaps alone, whatever becomes of the arrivals. A closed loop,
 * which waits for an answer before the next request, slows down together with the system that it should put to the
 * test, and hides exactly the delays that customers would see ("coordinated omission").
 */
export function createArrivals<Arrival extends { gap: number }>({
  rate,
  next,
  onArrival,
}: ArrivalsOptions<Arrival>): Arrivals {
  let timer: NodeJS.Timeout | undefined;

  return {
    start() {
      let n = 0;
      let arrival = next(n);
      let dueAt = performance.now() + (arrival.gap * 1_000) / rate;

      /** Timers are late, by a millisecond or a blocked event loop: whoever is due by now arrives, and no time is lost. */
      const arrive = () => {
        while (dueAt <= performance.now()) {
          onArrival(arrival, n, dueAt);
          n += 1;
          arrival = next(n);
          dueAt += (arrival.gap * 1_000) / rate;
        }
        timer = setTimeout(arrive, Math.max(0, dueAt - performance.now()));
      };
      arrive();
    },
    stop: () => clearTimeout(timer),
  };
}
