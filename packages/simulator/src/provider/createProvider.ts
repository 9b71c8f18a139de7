import type { Route, Worker } from '@brew/service';
import { getBehaviour, putBehaviour } from './http/behaviour.ts';
import { cancelPayment } from './http/cancelPayment.ts';
import { createPayment } from './http/createPayment.ts';
import { createRefund } from './http/createRefund.ts';
import { listPayments } from './http/listPayments.ts';
import type { Provider } from './provider.ts';
import { type SendWebhooksOptions, sendWebhooks } from './sendWebhooks.ts';

/** The payment provider: its routes, and what sends its webhooks. */
export function createProvider(
  provider: Omit<Provider, 'onPlanned'>,
  webhooks: Pick<SendWebhooksOptions, 'url' | 'secret' | 'log' | 'onAttempt'>,
): { routes: Route[]; sender: Worker } {
  const sender = sendWebhooks({ ...webhooks, db: provider.db, now: provider.now });
  const complete: Provider = { ...provider, onPlanned: sender.poke };
  const routes = [createPayment, cancelPayment, createRefund, listPayments, getBehaviour, putBehaviour].map(
    (make) => make(complete),
  );
  return { routes, sender };
}
