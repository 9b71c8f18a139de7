import {
  CancellationRequested,
  OrderCancelled,
  OrderPlaced,
  PaymentFailed,
  PaymentReceived,
  PaymentRefunded,
} from '@brew/events';
import { createService, createWaker, eraseCustomer, type Service } from '@brew/service';
import { createChangeOrders } from './changeOrders.ts';
import type { OrderConfig } from './config.ts';
import { changeByEvents } from './consumers/consume.ts';
import { onCourierAssigned } from './consumers/onCourierAssigned.ts';
import { onKitchenStarted } from './consumers/onKitchenStarted.ts';
import { onOrderDelivered } from './consumers/onOrderDelivered.ts';
import { onOrderReady } from './consumers/onOrderReady.ts';
import { onStockRejected } from './consumers/onStockRejected.ts';
import { onStockReserved } from './consumers/onStockReserved.ts';
import { onTicketDropped } from './consumers/onTicketDropped.ts';
import { followMenu } from './followMenu.ts';
import { cancelOrder } from './http/cancelOrder.ts';
import { cancelOverdueOrder } from './http/cancelOverdueOrder.ts';
import { followOrder } from './http/followOrder.ts';
import { getOrder } from './http/getOrder.ts';
import { listOverdueOrders } from './http/listOverdueOrders.ts';
import { paymentWebhook } from './http/paymentWebhook.ts';
import { placeOrder } from './http/placeOrder.ts';
import { refundOverdueOrder } from './http/refundOverdueOrder.ts';
import { createMenu } from './menu.ts';
import { overdueOrders } from './overdueOrders.ts';
import { createPaymentProvider } from './payments/provider.ts';
import { createStatusHub } from './statusHub.ts';
import { callProvider } from './workers/callProvider.ts';
import { expireOrders } from './workers/expireOrders.ts';
import { forgetKeys } from './workers/forgetKeys.ts';
import { watchOrders } from './workers/watchOrders.ts';

/** To these nobody has to be brought anything any more. */
const ended = { table: 'orders', over: `status in ('delivered', 'cancelled')` };
/** And nothing comes of them any more: nobody's money is left to be given back, or to be asked for. */
const settled = {
  table: 'orders',
  over: `${ended.over} and payment_state <> 'refunding'
    and not exists (select from payment_jobs where payment_jobs.order_id = orders.order_id)`,
};

/** Order-service, put together. Nothing runs before `start()`. @param clock for tests of clocks that are wrong */
export function createApp(config: OrderConfig, clock?: () => Date): Service {
  const menu = createMenu();
  const hub = createStatusHub();
  const provider = createPaymentProvider({ url: config.PSP_URL, apiKey: config.PSP_API_KEY });
  const waker = createWaker();
  const changeOrders = createChangeOrders(waker.wake, config.PAYMENT_RECHECK_SECONDS);

  return createService({
    name: 'order',
    config,
    ...(clock && { now: clock }),
    migrations: new URL('./store/migrations/', import.meta.url),
    prunes: settled,
    emits: [
      OrderPlaced,
      CancellationRequested,
      OrderCancelled,
      PaymentReceived,
      PaymentFailed,
      PaymentRefunded,
    ],
    handlers: [
      changeByEvents(
        [
          onStockReserved,
          onStockRejected,
          onKitchenStarted,
          onOrderReady,
          onTicketDropped,
          onCourierAssigned,
          onOrderDelivered,
        ],
        changeOrders,
      ),
    ],
    routes: (context) => [
      placeOrder(context, menu),
      getOrder(context),
      followOrder(context, hub),
      cancelOrder(context, changeOrders),
      paymentWebhook(context, changeOrders),
      eraseCustomer(context, ended),
      listOverdueOrders(context),
      cancelOverdueOrder(context, changeOrders),
      refundOverdueOrder(context, changeOrders),
    ],
    parts: (context) => [
      followMenu(context, menu),
      callProvider(context, { provider, changeOrders, waker }),
      expireOrders(context, changeOrders),
      overdueOrders(context),
      forgetKeys(context),
      watchOrders(context, hub),
    ],
  });
}
