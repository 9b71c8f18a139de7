import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { type Assortment, createArrivals, customer } from '@brew/simulator';
import { type Spread, spreadOf } from './spread.ts';

// The load generator: a process of its own, so that its CPU is told apart, and its event loop is nobody else's.

/** What the benchmark asks of it, over IPC: one at a time. */
export interface Plan {
  orderUrl: string;
  assortment: Assortment;
  /** Orders per second, on average; they arrive as a Poisson process, in bursts and gaps, as customers do. */
  rate: number;
  /** At the same rate, before anything is measured. */
  warmUpSeconds: number;
  seconds: number;
}

/** Since the beginning of a plan, warm-up included. */
export interface Progress {
  sent: number;
  accepted: number;
  /** Answers other than 201, and requests without an answer. */
  refused: number;
  inFlight: number;
}

/** Of the orders that were due in the measured time. */
export interface LoadResult {
  sent: number;
  accepted: number;
  /** What else came, by status, or by error where there was no answer. */
  refused: Record<string, number>;
  /** From the time that an order was due until its answer was read, in milliseconds. */
  latency: Spread;
  /** From the time that an order was due until it was sent: the load generator's own part of the latency. */
  late: Spread;
}

/** What it tells. Phases come in the order `measuring`, `driven`, `answered`. */
export type LoadMessage =
  | { phase: 'driving'; progress: Progress }
  /** The warm-up is over. */
  | { phase: 'measuring' }
  /** No more orders are sent. */
  | { phase: 'driven' }
  /** The last answer has come, or was given up. */
  | { phase: 'answered'; progress: Progress; result: LoadResult };

const ANSWER_LIMIT_MS = 10_000;

// As many connections as a stalled service lets pile up: an order that finds none waits, and its time runs.
const agent = new Agent({ keepAlive: true, maxSockets: 2_000 });
const tell = (message: LoadMessage) => process.send?.(message);

/** @returns the status, or the error's code */
function post(url: URL, body: string, key: string): Promise<string> {
  return new Promise((resolve) => {
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      'idempotency-key': key,
    };
    const sent = request(url, { method: 'POST', agent, headers, timeout: ANSWER_LIMIT_MS }, (answer) => {
      answer.resume();
      answer.once('end', () => resolve(String(answer.statusCode)));
      answer.once('error', fail);
    });
    function fail(error: NodeJS.ErrnoException): void {
      // The server gave up an idle connection at the moment in which we took it: every HTTP client just sends again.
      if (sent.reusedSocket && error.code === 'ECONNRESET') resolve(post(url, body, key));
      else resolve(error.code ?? error.message);
    }
    sent.once('timeout', () => sent.destroy(new Error(`no answer in ${ANSWER_LIMIT_MS / 1000} s`)));
    sent.once('error', fail);
    sent.end(body);
  });
}

/** Drives the intake as an open loop: each order is sent at its time, whatever has become of those before it. */
async function drive({ orderUrl, assortment, rate, warmUpSeconds, seconds }: Plan): Promise<void> {
  const url = new URL(`${orderUrl}/orders`);
  const run = randomUUID();
  const begin = performance.now();
  const measuredFrom = begin + warmUpSeconds * 1000;
  const end = measuredFrom + seconds * 1000;
  const progress: Progress = { sent: 0, accepted: 0, refused: 0, inFlight: 0 };
  const latencies: number[] = [];
  const late: number[] = [];
  const refused: Record<string, number> = {};
  const idle = Promise.withResolvers<void>();
  let accepted = 0;
  let over = false;

  async function place(body: string, n: number, dueAt: number): Promise<void> {
    const measured = dueAt >= measuredFrom;
    progress.sent += 1;
    progress.inFlight += 1;
    if (measured) late.push(performance.now() - dueAt);
    const outcome = await post(url, body, `${run}-${n}`);
    progress.inFlight -= 1;
    progress[outcome === '201' ? 'accepted' : 'refused'] += 1;
    if (measured) {
      latencies.push(performance.now() - dueAt);
      if (outcome === '201') accepted += 1;
      else refused[outcome] = (refused[outcome] ?? 0) + 1;
    }
    if (over && progress.inFlight === 0) idle.resolve();
  }

  const arrivals = createArrivals({
    rate,
    // Drawn while nothing is due, that is, when the order before it was sent.
    next(n) {
      const { gap, order } = customer(1, n, assortment, { cancelRate: 0 });
      return { gap, body: JSON.stringify(order) };
    },
    onArrival({ body }, n, dueAt) {
      if (dueAt < end) void place(body, n, dueAt);
    },
  });
  const ticking = setInterval(() => tell({ phase: 'driving', progress }), 1000);
  setTimeout(() => tell({ phase: 'measuring' }), warmUpSeconds * 1000);
  arrivals.start();
  await new Promise((resolve) => setTimeout(resolve, end - performance.now()));
  tell({ phase: 'driven' });
  arrivals.stop();
  over = true;
  if (progress.inFlight > 0) await idle.promise;
  clearInterval(ticking);
  const result = {
    sent: late.length,
    accepted,
    refused,
    latency: spreadOf(latencies),
    late: spreadOf(late),
  };
  tell({ phase: 'answered', progress, result });
}

process.on('message', (plan: Plan) => void drive(plan));
process.once('disconnect', () => process.exit());
// Ctrl-C in a terminal reaches everybody; the benchmark decides when it is over.
process.on('SIGINT', () => {});
