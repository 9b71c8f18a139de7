import { readConfig } from '@brew/service';
import { z } from 'zod';

export type KitchenConfig = ReturnType<typeof readKitchenConfig>;

/** @throws ConfigError naming every variable that is missing or malformed */
export const readKitchenConfig = (env: NodeJS.ProcessEnv) =>
  readConfig('kitchen', env, {
    PORT: z.coerce.number().int().min(0).max(65_535).default(3003),
    /** How many times faster than life drinks are made: at 60 a minute takes a second. 0: no time at all. */
    SPEED: z.coerce.number().min(0).default(60),
    /** How many orders a cafe prepares at the same time. */
    BARISTAS_PER_CAFE: z.coerce.number().int().min(1).max(50).default(3),
  });
