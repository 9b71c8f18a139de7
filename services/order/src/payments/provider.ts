import { BrewError, type Money, rules } from '@brew/events';
import { callHttp, idOf, intOf } from '@brew/service';
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
/** Only a refund names something that may not exist. Where there is no `/payments`, a gateway answers for a provider that is away. */
const isRefusal = (path: string, status: number) =>
  status >= 400 && status <= 499 && !PASSING.has(status) && (status !== 404 || path === '/refunds');

/** A payment as the provider knows it. `pending`: it may still succeed. Any other word of the provider's: it will not. */
export interface KnownPayment {
  paymentId: string;
  amount: Money;
  status: string;
  /** Why it failed. */
  reason?: string | undefined;
}

/** Money as the provider names it, in whatever currency: what it has taken is to be given back. */
const knownMoney = z.object({ amount: intOf(rules.paid), currency: idOf(rules.paidCurrency) });

/** What can't be given back must not be taken: the provider would refuse the refund for ever. */
export const paidMoney = knownMoney.extend({ amount: intOf({ ...rules.paid, min: 1 }) });

const knownPayments = z.object({
  payments: z.array(
    z.object({
      paymentId: idOf(rules.foreignId),
      amount: knownMoney,
      status: z.string(),
      reason: z.string().optional(),
    }),
  ),
});

/** The payment provider's API. Each call carries the job's key, so that repeating it has no second effect. */
export interface PaymentProvider {
  /** Asks for the customer's money, and returns the payment's id. It is only being worked on: a webhook tells the outcome. */
  requestPayment(job: PaymentJob, signal: AbortSignal): Promise<string>;
  /** All payments of the job's order. */
  paymentsOf(job: PaymentJob, signal: AbortSignal): Promise<KnownPayment[]>;
  /**
   * Calls off the payment that was asked for with the job's key, also one whose request is still on its way: unless it has succeeded,
   * it never will. Answers with all payments of the order.
   */
  callOff(job: PaymentJob, signal: AbortSignal): Promise<KnownPayment[]>;
  /** Gives a payment back, and returns the refund's id. */
  refund(job: PaymentJob & { kind: 'refund' }, signal: AbortSignal): Promise<string>;
}

export interface PaymentProviderOptions {
  url: string;
  apiKey: string;
}

export function createPaymentProvider({ url, apiKey }: PaymentProviderOptions): PaymentProvider {
  const call = async (path: string, { key, cause }: PaymentJob, signal: AbortSignal, body?: object) => {
    const target = new URL(path, url).href;
    const headers = {
      authorization: `Bearer ${apiKey}`,
      ...(cause.traceparent && { traceparent: cause.traceparent }),
      ...(body && { 'content-type': 'application/json', 'idempotency-key': key }),
    };
    const call = {
      method: body ? 'POST' : 'GET',
      headers,
      body: body && JSON.stringify(body),
      timeoutMs: CALL_TIMEOUT_MS,
      signal,
    };
    const { status, text } = await callHttp(target, call).catch((error: Error) => {
      throw new PaymentProviderError(`${target} could not be called: ${error.message}`, error);
    });
    const answered = `${target} answered ${status}: ${text.slice(0, 200)}`;
    if (isRefusal(path, status)) throw new PaymentRefusedError(answered);
    if (status < 200 || status > 299) throw new PaymentProviderError(answered);
    try {
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw new PaymentProviderError(`${target} answered ${status}, but no JSON`, error);
    }
  };

  return {
    async requestPayment(job, signal) {
      const { orderId, amount } = job;
      return idIn(await call('/payments', job, signal, { orderId, amount }), 'paymentId');
    },
    async paymentsOf(job, signal) {
      return toPayments(await call(`/payments?orderId=${encodeURIComponent(job.orderId)}`, job, signal));
    },
    async callOff(job, signal) {
      const { orderId, amount } = job;
      return toPayments(await call('/payments/cancel', job, signal, { orderId, amount }));
    },
    async refund(job, signal) {
      const { paymentId, amount } = job;
      return idIn(await call('/refunds', job, signal, { paymentId, amount }), 'refundId');
    },
  };
}

/** @throws PaymentProviderError when the answer names no such id that can be kept */
function idIn(answer: unknown, field: string): string {
  const { data } = z.object({ [field]: idOf(rules.foreignId) }).safeParse(answer);
  if (data?.[field] === undefined)
    throw new PaymentProviderError(`The answer names no ${field} that can be kept.`);
  return data[field];
}

/** @throws PaymentProviderError: half an answer must not end an order */
function toPayments(answer: unknown): KnownPayment[] {
  const { success, data, error } = knownPayments.safeParse(answer);
  if (success) return data.payments;
  throw new PaymentProviderError('The answer about payments is none that can be taken.', error);
}
