import { readConfig } from '@brew/service';
import { z } from 'zod';

export type CourierConfig = ReturnType<typeof readCourierConfig>;

/** @throws ConfigError naming every variable that is missing or malformed */
export const readCourierConfig = (env: NodeJS.ProcessEnv) =>
  readConfig('courier', env, {
    PORT: z.coerce.number().int().min(0).max(65_535).default(3004),
    /** How many times faster than life deliveries are made: at 60 a minute takes a second. 0: no time at all. */
    SPEED: z.coerce.number().min(0).default(60),
    /** How many couriers are on duty: five for each cafe. */
    COURIERS: z.coerce.number().int().min(1).max(10_000).default(400),
    /** How long a delivery usually takes, in life. */
    DELIVERY_SECONDS: z.coerce.number().min(0).default(480),
  });
