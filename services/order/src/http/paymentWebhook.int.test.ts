import { PaymentReceived, PaymentRefunded, uuidv7 } from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sign, startWorld, type World } from '../testing/startWorld.ts';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

/** An order that the provider was asked about. */
async function awaiting(): Promise<string> {
  const orderId = await world.place();
  await world.reserveStock(orderId);
  await until(() => world.provider.callsAbout(orderId).length > 0, { what: 'the call to the provider' });
  return orderId;
}

interface Webhook {
  id: string;
  createdAt: string;
  data: object;
}

/** The bytes of a webhook about a payment of the right amount. */
const succeeded = (orderId: string) =>
  JSON.stringify({
    id: `evt-${orderId}`,
    type: 'payment.succeeded',
    createdAt: new Date().toISOString(),
    data: { paymentId: `pay-${orderId}`, orderId, amount: { amount: 420, currency: 'EUR' } },
  });

const withData =
  (changes: object) =>
  ({ data, ...rest }: Webhook) => ({ ...rest, data: { ...data, ...changes } });

const sendWebhook = (body: string, signature?: string) =>
  world.call(
    'POST',
    '/payments/webhook',
    body,
    signature === undefined ? {} : { 'brew-signature': signature },
  );

describe('a webhook', () => {
  test('without a right signature has no effect', async () => {
    const orderId = await awaiting();
    for (const signature of ['', 't=1', `t=${Math.floor(Date.now() / 1_000)},v1=${'0'.repeat(64)}`]) {
      const { status, body } = await world.webhook('payment.succeeded', orderId, { signature });
      expect({ status, code: body.code }).toEqual({ status: 401, code: 'SIGNATURE_INVALID' });
    }
    expect((await world.get(orderId)).status).toBe('placed');
  });

  test.each([
    ['six minutes old', -360],
    ['of six minutes ahead', 360],
  ])('that is %s has no effect, however well it is signed', async (_title, seconds) => {
    const orderId = await awaiting();
    const body = succeeded(orderId);
    const signature = sign(body, Math.floor(Date.now() / 1_000) + seconds);
    expect(await sendWebhook(body, signature)).toMatchObject({
      status: 401,
      body: { code: 'SIGNATURE_INVALID' },
    });
    expect((await world.get(orderId)).status).toBe('placed');
  });

  test('of four minutes ago counts: clocks differ', async () => {
    const orderId = await awaiting();
    const body = succeeded(orderId);
    expect((await sendWebhook(body, sign(body, Math.floor(Date.now() / 1_000) - 240))).status).toBe(200);
    expect((await world.get(orderId)).status).toBe('paid');
  });

  test('without any signature, or signed for other bytes, has no effect', async () => {
    const orderId = await awaiting();
    const body = succeeded(orderId);
    expect((await sendWebhook(body)).status).toBe(401);
    expect((await sendWebhook(`${body} `, sign(body))).status).toBe(401);
    expect((await world.get(orderId)).status).toBe('placed');
  });

  test('that comes ten times at once is one PaymentReceived', async () => {
    const orderId = await awaiting();
    const body = succeeded(orderId);
    const answers = await Promise.all(Array.from({ length: 10 }, () => sendWebhook(body, sign(body))));
    expect(answers.map(({ status }) => status)).toEqual(Array(10).fill(200));

    // A later event of the same topic and key: once it is there, a second payment would be, too.
    await world.call('POST', `/orders/${orderId}/cancel`);
    await world.kitchenDrops(orderId);
    await world.untilEvent(PaymentRefunded, orderId);
    expect(world.eventsOf(orderId, PaymentReceived)).toHaveLength(1);
    expect(world.provider.callsAbout(`pay-${orderId}`).map(({ path }) => path)).toEqual(['/refunds']);
  });

  test.each<[string, (good: Webhook) => unknown, string]>([
    ['no JSON', () => '{', ''],
    ['null', () => null, ''],
    ['no id', ({ id, ...rest }) => rest, 'id'],
    ['no data', ({ data, ...rest }) => rest, 'data'],
    ['a time that is none', (good) => ({ ...good, createdAt: 'yesterday' }), 'createdAt'],
    ['an order that is no id', withData({ orderId: 'order-1' }), 'data.orderId'],
    ['no payment', withData({ paymentId: '' }), 'data.paymentId'],
    ['a payment with too long a name', withData({ paymentId: 'p'.repeat(101) }), 'data.paymentId'],
    ['NUL in the payment', withData({ paymentId: 'pay\u0000' }), 'data.paymentId'],
    ['half a character as a reason', withData({ reason: '\ud83d' }), 'data.reason'],
    ['half a cent', withData({ amount: { amount: 0.5, currency: 'EUR' } }), 'data.amount.amount'],
    ['nothing', withData({ amount: { amount: 0, currency: 'EUR' } }), 'data.amount.amount'],
    ['a debt', withData({ amount: { amount: -420, currency: 'EUR' } }), 'data.amount.amount'],
    [
      'more than can be counted',
      withData({ amount: { amount: 2 ** 60, currency: 'EUR' } }),
      'data.amount.amount',
    ],
    [
      'more than can be written down when it is given back',
      withData({ amount: { amount: Number.MAX_SAFE_INTEGER, currency: 'EUR' } }),
      'data.amount.amount',
    ],
    ['coffee beans', withData({ amount: { amount: 420, currency: 'beans' } }), 'data.amount.currency'],
  ])(
    'that is rightly signed but has %s is refused, names the field and has no effect',
    async (_title, change, field) => {
      const orderId = await awaiting();
      const changed = change(JSON.parse(succeeded(orderId)));
      const body = typeof changed === 'string' ? changed : JSON.stringify(changed);
      const answer = await sendWebhook(body, sign(body));
      expect(answer.status).toBe(400);
      expect(answer.body.errors).toContainEqual(expect.objectContaining({ in: 'body', field }));
      expect(await world.get(orderId)).toMatchObject({ status: 'placed', payment: 'requested' });
    },
  );

  test('about money of an order that does not exist is refused, so that it is sent again, and disturbs no other', async () => {
    const known = await awaiting();
    const unknown = uuidv7();
    const [refused, taken] = await Promise.all([
      world.webhook('payment.succeeded', unknown),
      world.webhook('payment.succeeded', known),
    ]);
    expect(refused).toMatchObject({ status: 404, body: { code: 'ORDER_NOT_FOUND' } });
    expect(taken.status).toBe(200);
    expect((await world.get(known)).status).toBe('paid');
  });

  test.each(['payment.failed', 'payment.processing'])(
    'about %s of an order that does not exist is taken: there is nothing to be done',
    async (type) => {
      expect((await world.webhook(type, uuidv7())).status).toBe(200);
    },
  );

  test('may write the id of an order in capitals', async () => {
    const orderId = await awaiting();
    expect((await world.webhook('payment.succeeded', orderId.toUpperCase())).status).toBe(200);
    expect((await world.get(orderId)).status).toBe('paid');
    expect((await world.get(orderId.toUpperCase())).orderId).toBe(orderId);
  });
});
