import { setTimeout as delay } from 'node:timers/promises';
import type { Lifecycle } from '../lifecycle/lifecycle.ts';
import type { Health, Part } from '../lifecycle/part.ts';

export interface Readiness {
  /** degraded: it answers, but a dependency is missing, so something is late or stale. */
  status: 'ready' | 'degraded' | 'not_ready';
  state: string;
  /** What start() is at. */
  waitingFor?: string;
  dependencies: Record<string, Health>;
}

export interface HealthOptions {
  lifecycle: Lifecycle;
  /** What the database's clock says. Rejects when it doesn't answer. */
  ping(): Promise<Date>;
  /** This machine's clock. */
  now(): Date;
  /** Those that know how they are. */
  parts: readonly Part[];
}

/**
 * Machines that ask a time server differ by less than a second, and an answer takes 2 s at most. Nothing is decided by a wrong clock, but events carry
 * its times, and signatures are judged by it.
 */
const SKEW_SECONDS = 10;

/** Ready means: requests are answered. Parts may be down meanwhile, such as Kafka: what is accepted waits in the outbox. */
export function createHealth({ lifecycle, ping, now, parts }: HealthOptions) {
  const postgres = async (): Promise<Health> => {
    const skewSeconds = Math.round((now().getTime() - (await ping()).getTime()) / 1_000);
    if (Math.abs(skewSeconds) < SKEW_SECONDS) return { up: true };
    const away = `${Math.abs(skewSeconds)} s ${skewSeconds < 0 ? 'behind' : 'ahead of'}`;
    return { up: true, needsStaff: true, detail: `this machine's clock is ${away} PostgreSQL's` };
  };
  const questions = new Map([['postgres', oneAtATime(postgres)]]);
  for (const { name, health } of parts)
    if (health)
      questions.set(
        name,
        oneAtATime(async () => health()),
      );

  return async (): Promise<Readiness> => {
    const answers = [...questions].map(async ([name, ask]) => [name, await ask()] as const);
    const dependencies: Record<string, Health> = Object.fromEntries(await Promise.all(answers));

    const { state, step } = lifecycle;
    const ready = state === 'running' && dependencies.postgres?.up === true;
    const complete = Object.values(dependencies).every(({ up }) => up);
    return {
      status: ready ? (complete ? 'ready' : 'degraded') : 'not_ready',
      state,
      ...(step !== undefined && { waitingFor: step }),
      dependencies,
    };
  };
}

/** How long a part may take to say how it is. Whoever asks for health has to wait for longer: `brew status` and `npm start` wait for 5 s. */
const ANSWER_MS = 2_500;

/** Probes must not fill the pool while the database hangs: who asks meanwhile gets the same answer. */
function oneAtATime(ask: () => Promise<Health>): () => Promise<Health> {
  let asking: Promise<Health> | undefined;
  return async () => {
    asking ??= ask()
      .catch((error: Error) => ({ up: false, detail: error.message }))
      .finally(() => {
        asking = undefined;
      });
    const late = new AbortController();
    const silent = delay(ANSWER_MS, { up: false, detail: `no answer in ${ANSWER_MS} ms` }, late);
    silent.catch(() => {}); // it is aborted once there is an answer
    return await Promise.race([asking, silent]).finally(() => late.abort());
  };
}
