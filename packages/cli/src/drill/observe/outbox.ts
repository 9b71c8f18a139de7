import { delay } from '@brew/kafka';

export interface OutboxWatch extends AsyncDisposable {
  /** Events that wait to be published, as they were counted last; undefined while the service does not tell. */
  readonly rows: number | undefined;
}

const EVERY_MS = 500;
const ANSWER_MS = 2_000;

/** Asks a service for brew_outbox_rows, again and again. */
export function watchOutbox(serviceUrl: string): OutboxWatch {
  const stop = new AbortController();
  let rows: number | undefined;
  const look = async () => {
    const signal = AbortSignal.any([stop.signal, AbortSignal.timeout(ANSWER_MS)]);
    const metrics = await (await fetch(`${serviceUrl}/metrics`, { signal })).text();
    const value = /^brew_outbox_rows(?:\{.*\})? (\d+)/m.exec(metrics)?.[1];
    rows = value === undefined ? undefined : Number(value);
  };
  const watching = (async () => {
    while (!stop.signal.aborted) {
      await look().catch(() => {
        rows = undefined;
      });
      await delay(EVERY_MS, stop.signal);
    }
  })();
  return {
    get rows() {
      return rows;
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await watching;
    },
  };
}
