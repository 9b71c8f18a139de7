import { backoff, delay } from '@brew/kafka';
import type { Io } from '../../io.ts';
import type { Notice, Sink } from './sink.ts';

const ATTEMPTS = 6;
const RETRY = { initialMs: 500, maxMs: 15_000 };
const TIMEOUT_MS = 5_000;
/** How long a stop waits for what is still to be sent. */
const DRAIN_MS = 3_000;

/**
 * Posts each notice as JSON, one after the other and in their order. What answers with anything but 2xx, or not within 5 s, is asked
 * again, up to six times; watching goes on meanwhile.
 */
export function webhookSink(url: string, io: Pick<Io, 'note'>): Sink {
  const stopping = new AbortController();
  let sent: Promise<void> = Promise.resolve();

  async function post(notice: Notice): Promise<void> {
    for (let failures = 1; ; failures++) {
      try {
        const response = await fetch(url, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(notice),
          signal: AbortSignal.timeout(TIMEOUT_MS),
        });
        await response.arrayBuffer();
        if (response.ok) return;
        throw new Error(`it answers ${response.status}`);
      } catch (error) {
        if (failures < ATTEMPTS && !stopping.signal.aborted) {
          await delay(backoff(failures, RETRY, Math.random()), stopping.signal);
          continue;
        }
        const why = error instanceof Error ? error.message : String(error);
        io.note(`The webhook ${url} did not take that ${notice.alert} is ${notice.state}: ${why}.`);
        return;
      }
    }
  }

  return {
    tell(notice) {
      sent = sent.then(() => post(notice));
    },
    async [Symbol.asyncDispose]() {
      const drained = new AbortController();
      await Promise.race([sent.finally(() => drained.abort()), delay(DRAIN_MS, drained.signal)]);
      stopping.abort();
    },
  };
}
