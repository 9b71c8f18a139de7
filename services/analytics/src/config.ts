import { readConfig } from '@brew/service';
import { z } from 'zod';
import { AT_HAND } from './orders/orderBooks.ts';
import type { Limits } from './orders/turnover.ts';

export type AnalyticsConfig = ReturnType<typeof readAnalyticsConfig>;

/** @throws ConfigError naming every variable that is missing or malformed */
export const readAnalyticsConfig = (env: NodeJS.ProcessEnv) =>
  readConfig('analytics', env, {
    PORT: z.coerce.number().int().min(0).max(65_535).default(3005),
    /** So many orders under way are kept in memory, a good 100 bytes each; those that wait longest beyond that are in PostgreSQL. */
    ORDERS_IN_MEMORY: z.coerce.number().int().min(1).default(AT_HAND.open),
    /** How many days latencies are kept by the minute; those before are kept by the hour. The longest report covers 31. */
    LATENCY_MINUTES_DAYS: z.coerce.number().int().min(1).max(36_500).default(31),
  });

export const limitsOf = ({ ORDERS_IN_MEMORY }: AnalyticsConfig): Limits => ({
  ...AT_HAND,
  open: ORDERS_IN_MEMORY,
});
