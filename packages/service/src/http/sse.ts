import { once } from 'node:events';
import type { ServerResponse } from 'node:http';

/** One server-sent event. https://html.spec.whatwg.org/multipage/server-sent-events.html */
export interface SseMessage {
  /** What the browser dispatches it as; `message` when left out. */
  event?: string;
  /** Comes back in Last-Event-ID when the browser connects again. */
  id?: string;
  /** Sent as JSON. */
  data: unknown;
}

/** Below the idle time-outs of common proxies (60 s), so that a stream on which nothing happens isn't cut. */
const HEARTBEAT_MS = 20_000;

/** Sends messages until the stream ends or `signal` is aborted. Waits for slow readers instead of buffering for them. */
export async function sendStream(
  response: ServerResponse,
  stream: AsyncIterable<SseMessage>,
  signal: AbortSignal,
): Promise<void> {
  response.writeHead(200, {
    'Content-Type': 'text/event-stream; charset=utf-8',
    'Cache-Control': 'no-store',
    'X-Accel-Buffering': 'no', // proxies like nginx would keep it back until a buffer is full
  });
  response.flushHeaders();
  const heartbeat = setInterval(() => {
    // Nobody has read since the last one at least: what is kept for such a reader would only become more.
    if (response.writableNeedDrain) response.destroy();
    else response.write(':\n\n');
  }, HEARTBEAT_MS);
  const messages = stream[Symbol.asyncIterator]();
  const aborted = new Promise<'aborted'>((resolve) => {
    if (signal.aborted) resolve('aborted');
    signal.addEventListener('abort', () => resolve('aborted'), { once: true });
  });
  try {
    for (;;) {
      // A generator that waits for its next message can't be ended from outside, so the wait is left behind.
      const next = await Promise.race([messages.next(), aborted]);
      if (next === 'aborted' || next.done) return;
      if (!response.write(format(next.value)))
        await Promise.race([once(response, 'drain', { signal }), aborted]);
    }
  } finally {
    clearInterval(heartbeat);
    messages.return?.()?.catch(() => {});
    response.end();
  }
}

/** The data is JSON, so it has no line breaks; in the other fields they would begin a new field. */
function format({ event, id, data }: SseMessage): string {
  const line = (name: string, value: string | undefined) =>
    value === undefined ? '' : `${name}: ${value.replace(/[\r\n\0]/g, ' ')}\n`;
  return `${line('event', event)}${line('id', id)}data: ${JSON.stringify(data)}\n\n`;
}
