import { readConfig } from '@brew/service';
import { z } from 'zod';

export type OrderConfig = ReturnType<typeof readOrderConfig>;

/** Up to a hundred years, which is for good: times that are farther away are none to PostgreSQL, and its statements fail. */
const seconds = z.coerce.number().positive().max(3_153_600_000);

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
    /** How long after the provider took the request for a payment it is asked what became of it, and told to call it off if nothing did. */
    PAYMENT_TIMEOUT_SECONDS: seconds.default(60),
    /** How long after it is known what became of a payment, or after an order was placed that asks for none, the provider is asked for others: webhooks may be lost. */
    PAYMENT_RECHECK_SECONDS: seconds.default(900),
    /**
     * How long an order may wait for its stock, or for a provider that can't be asked for the payment, before it is given up. Longer than
     * outages: no order that would have been delivered is to end for one.
     */
    UNANSWERED_TIMEOUT_SECONDS: seconds.default(1_800),
    /** How long after its payment an order that has not ended is overdue, which is told. */
    OVERDUE_AFTER_SECONDS: seconds.default(3_600),
  });
}
