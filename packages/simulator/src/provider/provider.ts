import type { Database } from '@brew/postgres';
import type { Random } from '../random.ts';
import type { Behaviour } from './behaviour.ts';

/** What the provider's routes are made with. */
export interface Provider {
  db: Database;
  /** What callers have to show as `Authorization: Bearer …`. */
  apiKey: string;
  random: Random;
  now(): Date;
  /** How it behaves now; a restart goes back to what the environment says. */
  behaviour: { current: Behaviour };
  /** Tells the sender of webhooks that there may be something due. */
  onPlanned(): void;
}
