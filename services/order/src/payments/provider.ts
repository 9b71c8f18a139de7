import { BrewError, rules } from '@brew/events';
import { callHttp, idOf } from '@brew/service';
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
    const headers = {
      'content-type': 'application/json',
      authorization: `Bearer ${apiKey}`,
      'idempotency-key': key,
      ...(cause.traceparent && { traceparent: cause.traceparent }),
    };
    const call = { method: 'POST', headers, body: JSON.stringify(body), timeoutMs: CALL_TIMEOUT_MS, signal };
    const { status, text } = await callHttp(target, call).catch((error: Error) => {
      throw new PaymentProviderError(`${target} could not be called: ${error.message}`, error);
    });
    if (status < 200 || status > 299)
      throw new PaymentProviderError(`${target} answered ${status}: ${text.slice(0, 200)}`);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new PaymentProviderError(`${target} answered ${status}, but no JSON`, error);
    }
  };

  return {
    async requestPayment(job, signal) {
      await post('/payments', job, { orderId: job.orderId, amount: job.amount }, signal);
    },
    async refund(job, signal) {
      const answer = await post('/refunds', job, { paymentId: job.paymentId, amount: job.amount }, signal);
      const refund = z.object({ refundId: idOf(rules.foreignId) }).safeParse(answer);
      if (!refund.success)
        throw new PaymentProviderError('The answer to a refund names no refundId that can be kept.');
      return refund.data.refundId;
    },
  };
}
