import { setTimeout as delay } from 'node:timers/promises';
import type { Bench } from './bench.ts';
import type { Driver } from './driver.ts';
import { createGauges, type Gauges, type Sample } from './gauges.ts';
import { lagGrowth } from './lagGrowth.ts';
import type { LoadResult, Progress } from './load.ts';
import { type OrderTimes, readOrderTimes } from './orderTimes.ts';
import { type UsageReport, watchUsage } from './usage.ts';

export interface RunOptions {
  /** Orders per minute. */
  rate: number;
  warmUpSeconds: number;
  seconds: number;
  /** A line of progress, about every second. */
  say(line: string): void;
  /** Begins to profile when the measured time begins; ends that when it is over. */
  profile?: (() => Promise<() => Promise<void>>) | undefined;
}

export interface RunResult {
  /** Orders per minute, as was asked for. */
  rate: number;
  seconds: number;
  load: LoadResult;
  orders: OrderTimes;
  /** Over the measured time, the last one at its end. */
  samples: Sample[];
  /** By group: see lagGrowth. */
  growth: Record<string, number>;
  usage: UsageReport;
  /** From the last order sent to the last one ended; undefined when that took longer than was waited for. */
  drainedAfterMs: number | undefined;
  /** After that. */
  drained: Sample;
}

const DRAIN_LIMIT_MS = 120_000;
const FUNNEL_MS = 5_000;

/** Drives a system at one rate, measures, and waits until every accepted order has ended. */
export async function run(bench: Bench, driver: Driver, options: RunOptions): Promise<RunResult> {
  const { rate, warmUpSeconds, seconds, say } = options;
  const { system, assortment } = bench;
  await using gauges = createGauges(system);
  const before = await gauges.funnel();
  const begun = performance.now();
  const elapsed = () => (performance.now() - begun) / 1000;

  const plan = { orderUrl: system.url('order'), assortment, rate: rate / 60, warmUpSeconds, seconds };
  using delivered = repeat(FUNNEL_MS, async () => (await gauges.funnel()).delivered - before.delivered);
  const drive = driver.drive(plan, (progress) => say(progressLine(elapsed(), progress, delivered.last())));

  await drive.measuring;
  say(`measuring for ${seconds} s`);
  const from = Date.now();
  const usageSoFar = await watchUsage(system, driver.pid);
  const endProfile = await options.profile?.();
  using samples = repeat(samplingMs(seconds), gauges.sample);

  await drive.driven;
  const to = Date.now();
  const usage = await usageSoFar();
  await samples.now();
  await endProfile?.();
  const { progress, result: load } = await drive.answered;
  delivered[Symbol.dispose]();
  samples[Symbol.dispose]();

  const ended = before.placed + progress.accepted;
  const drainedAfterMs = await drain(gauges, ended, to, say);
  return {
    rate,
    seconds,
    load,
    orders: await readOrderTimes(system, from, to),
    samples: samples.all,
    growth: lagGrowth(samples.all),
    usage,
    drainedAfterMs,
    drained: await gauges.sample(),
  };
}

/** Six samples in each third of a long run, and of a short one as many as one a second gives. */
const samplingMs = (seconds: number) => Math.min(10_000, Math.max(1_000, (seconds * 1000) / 18));

/** Asks again and again, at even distances from now on; an answer that takes longer than that delays the next question. */
function repeat<Answer>(everyMs: number, ask: () => Promise<Answer>) {
  const all: Answer[] = [];
  const now = async () => void all.push(await ask());
  let busy = false;
  const timer = setInterval(async () => {
    if (busy) return;
    busy = true;
    await now().catch(() => {}); // an overloaded service may not answer; the next question will tell
    busy = false;
  }, everyMs);
  return { all, now, last: () => all.at(-1), [Symbol.dispose]: () => clearInterval(timer) };
}

/** @returns milliseconds since the last order was sent; undefined when orders are still under way at the limit */
async function drain(gauges: Gauges, placed: number, sentUntil: number, say: RunOptions['say']) {
  for (;;) {
    const { delivered, cancelled } = await gauges.funnel();
    const left = placed - delivered - cancelled.total;
    const waited = Date.now() - sentUntil;
    if (left <= 0) return waited;
    if (waited > DRAIN_LIMIT_MS) return undefined;
    say(`draining: ${left} orders under way`);
    await delay(1_000);
  }
}

function progressLine(seconds: number, progress: Progress, delivered: number | undefined): string {
  const { sent, accepted, refused, inFlight } = progress;
  const counts = `sent ${sent}, accepted ${accepted}, refused ${refused}, in flight ${inFlight}`;
  return `${seconds.toFixed(0).padStart(4)} s  ${counts}, delivered ${delivered ?? 0}`;
}
