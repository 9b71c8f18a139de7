import { BrewError } from '@brew/events';
import { z } from 'zod';
import type { PaymentJob } from '../store/paymentJobs.ts';

/** How long one call may take, in milliseconds. */
export const CALL_TIMEOUT_MS = 5_000;

/**
 * Thrown when the payment provider can't be reached, takes too long, or answers with anything but success. The job
 * stays and is tried again. What the operator does next: look at the provider, and at PSP_URL and PSP_API_KEY.
 */
class PaymentProviderError extends BrewError {
  constructor(message: string, cause?: unknown) {
    super('BREW_PAYMENT_PROVIDER_UNAVAILABLE', message, { retryable: true, cause });
  }
}

/** The payment provider's API. Each call carries the job's key, so that repeating it has no second effect. */
export interface PaymentProvider {
  /** Asks for the customer's money. The answer says only that it is being worked on: a webhook tells the outcome. */
  requestPayment(job: PaymentJob, signal: AbortSignal): Promise<void>;
  /** Gives a payment back, and returns the refund's id. */
  refund(job: PaymentJob & { kind: 'refund' }, signal: AbortSignal): Promise<string>;
}

export interface PaymentProviderOptions {
  url: string;
  apiKey: string;
}

export function createPaymentProvider({ url, apiKey }: PaymentProviderOptions): PaymentProvider {
  const post = async (path: string, { key, cause }: PaymentJob, body: object, signal: AbortSignal) => {
    const target = new URL(path, url).href;
    try {
      const response = await fetch(target, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${apiKey}`,
          'idempotency-key': key,
          ...(cause.traceparent && { traceparent: cause.traceparent }),
        },
        body: JSON.stringify(body),
        signal: AbortSignal.any([signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
      });
      const answer = await response.text();
      if (response.ok) return JSON.parse(answer) as unknown;
      throw new PaymentProviderError(`${target} answered ${response.status}: ${answer.slice(0, 200)}`);
    } catch (error) {
      if (error instanceof PaymentProviderError) throw error;
      throw new PaymentProviderError(`${target} could not be called: ${reasonOf(error)}`, error);
    }
  };

  return {
    async requestPayment(job, signal) {
      await post('/payments', job, { orderId: job.orderId, amount: job.amount }, signal);
    },
    async refund(job, signal) {
      const answer = await post('/refunds', job, { paymentId: job.paymentId, amount: job.amount }, signal);
      const refund = z.object({ refundId: z.string() }).safeParse(answer);
      if (!refund.success) throw new PaymentProviderError('The answer to a refund names no refundId.');
      return refund.data.refundId;
    },
  };
}

/** fetch says only "fetch failed"; what failed is its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message || error.message : error.message;
}
