import { readConfig } from '@brew/service';
import { z } from 'zod';

export type LoyaltyConfig = ReturnType<typeof readLoyaltyConfig>;

/** @throws ConfigError naming every variable that is missing or malformed */
export const readLoyaltyConfig = (env: NodeJS.ProcessEnv) =>
  readConfig('loyalty', env, { PORT: z.coerce.number().int().min(0).max(65_535).default(3006) });
