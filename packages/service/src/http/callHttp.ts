import http from 'node:http';
import https from 'node:https';

export interface Call {
  method: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** For all of it, until the last byte of the answer. */
  timeoutMs: number;
  /** Gives up. */
  signal: AbortSignal;
}

export interface Answer {
  status: number;
  text: string;
}

const agents = {
  'http:': new http.Agent({ keepAlive: true }),
  'https:': new https.Agent({ keepAlive: true }),
};

/** More than any answer that we ask for has: whoever sends more, and be it without end, must not fill our memory. */
const LARGEST_ANSWER = 1024 * 1024;

/**
 * One request over a connection that is kept. Not fetch: it takes three times the CPU (seen: 320 against 120 µs), and
 * on a promo day there are a thousand calls a second, on a machine that has the whole system to run.
 *
 * @throws Error when there is no answer, none in time, or one of more than a mebibyte; any status is an answer
 */
export function callHttp(url: string, { method, headers, body, timeoutMs, signal }: Call): Promise<Answer> {
  const { request } = url.startsWith('https:') ? https : http;
  const agent = url.startsWith('https:') ? agents['https:'] : agents['http:'];
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
    const sent = request(url, { method, agent, signal, headers: { ...headers, ...length } }, (answer) => {
      const parts: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (part: Buffer) => {
        bytes += part.length;
        if (bytes > LARGEST_ANSWER) fail(new Error(`an answer of more than ${LARGEST_ANSWER} bytes`));
        else parts.push(part);
      });
      answer.on('end', () => {
        clearTimeout(timer);
        resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() });
      });
      answer.on('error', fail);
    });
    const timer = setTimeout(() => fail(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    // Not left to the request's own errors: there are answers after which it has none, whatever becomes of it.
    function fail(error: Error): void {
      clearTimeout(timer);
      reject(error);
      sent.destroy(error);
    }
    sent.on('error', fail);
    sent.on('upgrade', (_answer, socket) => {
      socket.destroy();
      fail(new Error('an answer that switches protocols'));
    });
    sent.end(body);
  });
}
