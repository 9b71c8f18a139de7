import { readHttpConfig } from '@brew/service';
import { z } from 'zod';

export type SimulatorConfig = ReturnType<typeof readSimulatorConfig>;

const fraction = z.coerce.number().min(0).max(1);
const milliseconds = z.coerce.number().int().min(0);

/**
 * Reads and checks the environment.
 * @throws ConfigError that names every variable that is missing or malformed
 */
export function readSimulatorConfig(env: NodeJS.ProcessEnv) {
  return readHttpConfig('simulator', env, {
    PORT: z.coerce.number().int().min(0).max(65_535).default(3010),

    /** The shop, such as http://localhost:3002 and http://localhost:3001. */
    ORDER_URL: z.url(),
    CATALOG_URL: z.url(),
    /** What the supply truck shows when it delivers. */
    STAFF_TOKEN: z.string().min(1),

    /** Orders per second, on average. 0: no customers. */
    RATE: z.coerce.number().min(0).max(1_000).default(1),
    /** The same seed brings the same orders, at the same times after the start. */
    SEED: z.coerce.number().int().default(1),
    CANCEL_RATE: fraction.default(0.04),
    /** Customers who may wait for an answer at the same time; more are turned away, and counted. */
    MAX_OUTSTANDING: z.coerce.number().int().min(1).default(500),
    /** How long the supply truck takes to visit every cafe. */
    TRUCK_ROUND_SECONDS: z.coerce.number().min(1).default(60),

    /** Where the provider sends its webhooks, such as http://localhost:3002/payments/webhook. */
    WEBHOOK_URL: z.url(),
    WEBHOOK_SECRET: z.string().min(1),
    PSP_API_KEY: z.string().min(1),
    /** How the provider behaves at first; see provider/behaviour.ts. A late payment would come after the shop's time-out. */
    DECLINE_RATE: fraction.default(0.03),
    LATE_RATE: fraction.default(0.01),
    DUPLICATE_RATE: fraction.default(0.05),
    OUT_OF_ORDER_RATE: fraction.default(0.05),
    SILENT_RATE: fraction.default(0.005),
    DELAY_MS: milliseconds.default(300),
    LATE_MS: milliseconds.default(75_000),
  });
}
