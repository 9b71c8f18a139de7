import type { Library } from '@brew/kafka';
import type { Logger } from 'pino';

/** Something that runs beside the routes and handlers of a service: a worker, a cache, a projection. */
export interface Part {
  name: string;
  /**
   * Requests are answered without it, perhaps some of them only to say so (503): for whatever needs Kafka. The service's
   * start waits for it a few seconds, in which it comes if all is well; after that the service runs, degraded.
   */
  mayComeLater?: boolean;
  /** Resolves when it does its work. It may wait for what it needs until `signal` is aborted, and then rejects. */
  start(signal: AbortSignal, log: Logger): Promise<void>;
  /** Finishes what is in flight. Called once, also after a start() that failed. */
  stop(): Promise<void>;
  /**
   * Shown in /health/ready; a part that is not up makes the service degraded, not unready. Up is what gets on, or has nothing to do:
   * what failed and is tried again in time is up. May ask the database; who doesn't answer in time is not up.
   */
  health?(): Health | Promise<Health>;
}

export interface Health {
  up: boolean;
  /** For people: what is wrong, or what it is waiting for. */
  detail?: string;
  /** Of what talks to Kafka: by whose code. */
  library?: Library;
  /** It gets on, and yet somebody has to do something, such as about what was set aside: `brew status` shows the detail then, too. */
  needsStaff?: boolean;
}
