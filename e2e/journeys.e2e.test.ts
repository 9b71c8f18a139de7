import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { attachBrew, type Brew } from './brew.ts';
import { brewIn } from './cli.ts';
import { type OrderService, replaceOrderService } from './orderService.ts';

const cafeId = 'cafe-007';
const twoLattes = [{ sku: 'latte', quantity: 2 }];

let brew: Brew;

const nameOf = ({ name }: { name: string }) => name;

beforeAll(async () => {
  brew = await attachBrew();
});
afterAll(() => brew?.detach());
beforeEach(() => brew.behave({}));

describe('an order', () => {
  test('is delivered: paid once, stock taken, and counted by analytics', async () => {
    const stock = await brew.stock(cafeId, 'latte');
    const sales = await brew.sales(cafeId);
    const placed = await brew.place({ cafeId, items: twoLattes });

    const order = await brew.untilEnded(placed.orderId);

    expect(order).toMatchObject({ status: 'delivered', payment: 'received', total: placed.total });
    const { placed: at, paid, preparing, ready, on_the_way, delivered } = order.times;
    const times = [at, paid, preparing, ready, on_the_way, delivered];
    expect(times).not.toContain(undefined);
    expect(times).toEqual(times.toSorted());
    expect(await brew.stock(cafeId, 'latte')).toBe(stock - 2);
    await brew.until('analytics counts the sale', async () => {
      const now = await brew.sales(cafeId);
      return now.orders === sales.orders + 1 && now.amount === sales.amount + placed.total.amount;
    });
  });

  test('keeps its status and its money when the provider repeats and reorders its webhooks', async () => {
    await brew.behave({ duplicateRate: 1, outOfOrderRate: 1 });
    const { orderId } = await brew.place({ cafeId, items: twoLattes });

    expect(await brew.untilEnded(orderId)).toMatchObject({ status: 'delivered', payment: 'received' });
    expect((await brew.eventsOf(orderId)).filter((name) => name === 'PaymentReceived')).toHaveLength(1);
  });

  test('has its events in the order of the flow, each once', async () => {
    const { orderId } = await brew.place({ cafeId, items: twoLattes });
    expect(await brew.untilEnded(orderId)).toMatchObject({ status: 'delivered' });

    await brew.until('all its events are there', async () => (await brew.eventsOf(orderId)).length >= 7);
    const story = brew.storyOf(orderId);
    const inTopics = Map.groupBy(story, ({ topic }) => topic);
    expect(Object.fromEntries([...inTopics].map(([topic, own]) => [topic, own.map(nameOf)]))).toEqual({
      'brew.orders.v1': ['OrderPlaced'],
      'brew.stock.v1': ['StockReserved'],
      'brew.payments.v1': ['PaymentReceived'],
      'brew.kitchen.v1': ['KitchenStarted', 'OrderReady'],
      'brew.shipments.v1': ['CourierAssigned', 'OrderDelivered'],
    });
    // There is no order between topics: across them, each event tells what it follows from.
    const byId = (eventId: string) => story.find(({ id }) => id === eventId)?.name ?? 'unknown';
    const causes = story.map(({ name, causeId }) => [name, causeId && byId(causeId)]);
    expect(Object.fromEntries(causes)).toEqual({
      OrderPlaced: undefined,
      StockReserved: 'OrderPlaced',
      PaymentReceived: 'StockReserved',
      // Whichever of the two that it takes came last.
      KitchenStarted: expect.stringMatching(/^(PaymentReceived|OrderPlaced)$/),
      OrderReady: 'KitchenStarted',
      CourierAssigned: 'OrderReady',
      OrderDelivered: 'CourierAssigned',
    });
  });
});

describe('an order is cancelled, and its stock and money are put right,', () => {
  test('when the stock is short: nothing is reserved, nothing is charged', async () => {
    const stock = await brew.stock(cafeId, 'latte');
    const { orderId } = await brew.place({
      cafeId,
      items: [...twoLattes, { sku: await brew.scarceSku(), quantity: 90 }],
    });

    expect(await brew.untilEnded(orderId)).toMatchObject({
      status: 'cancelled',
      reason: 'out_of_stock',
      payment: 'none',
    });
    expect(await brew.stock(cafeId, 'latte')).toBe(stock);
  });

  test('when the payment is declined', async () => {
    await brew.behave({ declineRate: 1 });
    const stock = await brew.stock(cafeId, 'latte');
    const { orderId } = await brew.place({ cafeId, items: twoLattes });

    expect(await brew.untilEnded(orderId)).toMatchObject({
      status: 'cancelled',
      reason: 'payment_failed',
      payment: 'failed',
    });
    await brew.until('the stock is back', async () => (await brew.stock(cafeId, 'latte')) === stock);
  });

  test('when the customer cancels before paying', async () => {
    await brew.behave({ silentRate: 1 });
    const stock = await brew.stock(cafeId, 'latte');
    const { orderId } = await brew.place({ cafeId, items: twoLattes });
    expect(await brew.cancel(orderId)).toMatchObject({ status: 202, body: { status: 'cancelled' } });

    expect(await brew.untilEnded(orderId)).toMatchObject({ status: 'cancelled', reason: 'customer_request' });
    await brew.until('the stock is back', async () => (await brew.stock(cafeId, 'latte')) === stock);
  });

  test('when the customer cancels a paid order before the kitchen starts: ticket dropped, money given back', async () => {
    const quietCafe = 'cafe-042';
    // As many orders as there are baristas, and so long that the next one waits in the queue, paid, whatever else the machine does.
    const long = ['latte', 'cappuccino', 'flat-white', 'mocha'].map((sku) => ({ sku, quantity: 60 }));
    const busy = await Promise.all([1, 2, 3].map(() => brew.place({ cafeId: quietCafe, items: long })));
    for (const { orderId } of busy) await brew.untilReached(orderId, 'preparing');
    const stock = await brew.stock(quietCafe, 'espresso');
    const { orderId } = await brew.place({ cafeId: quietCafe, items: [{ sku: 'espresso', quantity: 1 }] });
    await brew.untilReached(orderId, 'paid');

    expect((await brew.cancel(orderId)).status).toBe(202);

    expect(await brew.untilEnded(orderId)).toMatchObject({ status: 'cancelled', reason: 'customer_request' });
    await brew.until('the money is back', async () => (await brew.order(orderId)).payment === 'refunded');
    await brew.until('the stock is back', async () => (await brew.stock(quietCafe, 'espresso')) === stock);
    expect(await brew.eventsOf(orderId)).toEqual(
      expect.arrayContaining(['CancellationRequested', 'TicketDropped']),
    );
  });

  test('but not any more when the kitchen has started: 409, and it is delivered', async () => {
    const { orderId } = await brew.place({ cafeId, items: [{ sku: 'latte', quantity: 5 }] });
    await brew.untilReached(orderId, 'preparing');

    expect(await brew.cancel(orderId)).toMatchObject({ status: 409, body: { code: 'TOO_LATE' } });
    expect(await brew.untilEnded(orderId)).toMatchObject({ status: 'delivered', payment: 'received' });
  });
});

describe('an order whose payment is not there in time is cancelled,', () => {
  const PAYMENT_TIMEOUT_SECONDS = 4;
  let impatient: OrderService;
  beforeAll(async () => {
    impatient = await replaceOrderService(brew, {
      PAYMENT_TIMEOUT_SECONDS: String(PAYMENT_TIMEOUT_SECONDS),
    });
  });
  afterAll(() => impatient?.end());

  test('when none comes: the stock is released', async () => {
    await brew.behave({ silentRate: 1 });
    const stock = await brew.stock(cafeId, 'latte');
    const { orderId } = await brew.place({ cafeId, items: twoLattes });

    expect(await brew.untilEnded(orderId)).toMatchObject({ status: 'cancelled', reason: 'payment_timeout' });
    await brew.until('the stock is back', async () => (await brew.stock(cafeId, 'latte')) === stock);
  });

  test('when it would come too late: it is called off, and what comes all the same is given back', async () => {
    await brew.behave({ lateRate: 1, lateMs: (PAYMENT_TIMEOUT_SECONDS + 60) * 1000 });
    const { orderId, total } = await brew.place({ cafeId, items: twoLattes });

    expect(await brew.untilEnded(orderId)).toMatchObject({ status: 'cancelled', reason: 'payment_timeout' });
    expect(await brew.paymentsOf(orderId)).toMatchObject([{ status: 'cancelled', refunded: 0 }]);
    await brew.payUnasked({ orderId, total });
    await brew.until('the money is back', async () => (await brew.order(orderId)).payment === 'refunded');
    await brew.until('the refund is published', async () =>
      (await brew.eventsOf(orderId)).includes('PaymentRefunded'),
    );
    expect(await brew.eventsOf(orderId)).not.toContain('PaymentReceived');
  });
});

describe('the ledger', () => {
  // With no patience: what has not followed yet from what was there when it began is missing.
  const verify = (...options: string[]) => brewIn(brew.dir)('verify', '--younger-than', '0', ...options);

  test('finds nothing wrong with any of these orders, from their events alone', async () => {
    await brew.until(
      'every order to have ended',
      async () =>
        brew.ordersWith('OrderPlaced') ===
        brew.ordersWith('OrderDelivered') + brew.ordersWith('OrderCancelled'),
    );
    // What belongs to an end may come after it, such as the stock that is released.
    await brew.until('no order is open', async () => {
      const { stdout } = await verify('--json');
      return JSON.parse(stdout).counts.open === 0;
    });
    const { code, stdout, stderr } = await verify();
    expect(`${stdout}${stderr}`).not.toContain('✖');
    expect(stdout).toMatch(/^✔ money /m);
    expect(code).toBe(0);
  });
});
