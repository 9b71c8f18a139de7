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
  /** Rejects when the database doesn't answer. */
  ping(): Promise<void>;
  /** Those that know how they are. */
  parts: readonly Part[];
}

/** Ready means: requests are answered. Parts may be down meanwhile, such as Kafka: what is accepted waits in the outbox. */
export function createHealth({ lifecycle, ping, parts }: HealthOptions) {
  let pinging: Promise<Health> | undefined;

  /** One at a time: probes must not fill the pool while the database hangs. */
  function postgres(): Promise<Health> {
    pinging ??= ping()
      .then(
        () => ({ up: true }),
        (error: Error) => ({ up: false, detail: error.message }),
      )
      .finally(() => {
        pinging = undefined;
      });
    return pinging;
  }

  return async (): Promise<Readiness> => {
    const dependencies: Record<string, Health> = { postgres: await postgres() };
    for (const { name, health } of parts) if (health) dependencies[name] = health();

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
