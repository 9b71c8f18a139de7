import { readConfig } from '@brew/service';
import { z } from 'zod';

export type AnalyticsConfig = ReturnType<typeof readAnalyticsConfig>;

/** @throws ConfigError naming every variable that is missing or malformed */
export const readAnalyticsConfig = (env: NodeJS.ProcessEnv) =>
  readConfig('analytics', env, {
    PORT: z.coerce.number().int().min(0).max(65_535).default(3005),
  });
