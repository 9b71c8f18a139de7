import { readConfig } from '@brew/service';
import { z } from 'zod';

export type OrderConfig = ReturnType<typeof readOrderConfig>;

/**
 * Reads and checks the environment.
 * @throws ConfigError that names every variable that is missing or malformed
 */
export function readOrderConfig(env: NodeJS.ProcessEnv) {
  return readConfig('order', env, {
    PORT: z.coerce.number().int().min(0).max(65_535).default(3002),
    /** Twice the 500 orders a second of a promo day that may all come through one proxy, with what else it asks for. */
    RATE_LIMIT_PER_MINUTE: z.coerce.number().int().min(1).default(60_000),
    /** The payment provider, such as http://localhost:3010. */
    PSP_URL: z.url(),
    PSP_API_KEY: z.string().min(1),
    /** Shared with the provider, which signs its webhooks with it. */
    WEBHOOK_SECRET: z.string().min(1),
    /** How long an order may stay unpaid before it is cancelled; also when it was the stock that never answered. */
    PAYMENT_TIMEOUT_SECONDS: z.coerce.number().positive().default(60),
  });
}
