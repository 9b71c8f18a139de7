import { BrewError, rules } from '@brew/events';
import { callHttp, idOf } from '@brew/service';
import { z } from 'zod';
import type { PaymentJob } from '../store/paymentJobs.ts';

/** How long one call may take, in milliseconds. */
export const CALL_TIMEOUT_MS = 5_000;

/**
 * Thrown when the payment provider can't be reached, takes too long, fails, or doesn't know us. The job stays and is tried again, for as
 * long as it takes. What the operator does next: look at the provider, and at PSP_URL and PSP_API_KEY.
 */
export class PaymentProviderError extends BrewError {
  constructor(message: string, cause?: unknown) {
    super('BREW_PAYMENT_PROVIDER_UNAVAILABLE', message, { retryable: true, cause });
  }
}

/**
 * Thrown when the payment provider says that the call itself is wrong (4xx): it will hardly say anything else later. The job is tried a
 * few times more and then set aside. What the operator does next: settle it with the provider.
 */
class PaymentRefusedError extends BrewError {
  constructor(message: string) {
    super('BREW_REQUEST_REFUSED', message);
  }
}

/** Of the 4xx, those that are not about the call: credentials that are to be put right, and "later". */
const PASSING = new Set([401, 403, 407, 408, 409, 423, 425, 429]);
const isRefusal = (status: number) => status >= 400 && status <= 499 && !PASSING.has(status);

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
    const answered = `${target} answered ${status}: ${text.slice(0, 200)}`;
    if (isRefusal(status)) throw new PaymentRefusedError(answered);
    if (status < 200 || status > 299) throw new PaymentProviderError(answered);
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
