import { createHmac, randomUUID } from 'node:crypto';
import { createDatabase } from '@brew/postgres';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { amount, createProviderRig, type ProviderRig, SECRET } from '../testing/providerRig.ts';

let rig: ProviderRig;

beforeAll(async () => {
  rig = await createProviderRig();
});
afterAll(() => rig?.stop());
afterEach(() => rig.mend());

describe('payments', () => {
  it('are answered at once and told by a signed webhook', async () => {
    const orderId = randomUUID();
    const answer = await rig.pay(orderId);
    expect(answer).toEqual({
      status: 202,
      body: { paymentId: expect.stringMatching(/^pay_/), status: 'pending' },
    });

    const [webhook] = await rig.told(orderId);
    expect(webhook).toMatchObject({
      id: expect.stringMatching(/^evt_/),
      type: 'payment.succeeded',
      data: { paymentId: answer.body.paymentId, orderId, amount },
    });
    const [, seconds, digest] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(webhook?.signature) ?? [];
    expect(digest).toBe(createHmac('sha256', SECRET).update(`${seconds}.${webhook?.raw}`).digest('hex'));
    expect(Math.abs(Number(seconds) - Date.now() / 1_000)).toBeLessThan(60);
  });

  it('that are asked for twice with the same key are one', async () => {
    const [orderId, key] = [randomUUID(), randomUUID()];
    const answers = await Promise.all([rig.pay(orderId, key), rig.pay(orderId, key), rig.pay(orderId, key)]);
    expect(new Set(answers.map(({ body }) => body.paymentId)).size).toBe(1);
    const { body } = await rig.call('GET', `/payments?orderId=${orderId}`);
    expect(body.payments).toHaveLength(1);
  });

  it('are refused for a key that was used for another order', async () => {
    const key = randomUUID();
    await rig.pay(randomUUID(), key);
    expect(await rig.pay(randomUUID(), key)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED' },
    });
  });

  it('that come at the same time are stored together, and each is answered as if it had come alone', async () => {
    const [orderId, key] = [randomUUID(), randomUUID()];
    const others = Array.from({ length: 30 }, () => randomUUID());
    const [first, again, different, ...rest] = await Promise.all([
      rig.pay(orderId, key),
      rig.pay(orderId, key),
      rig.pay(randomUUID(), key),
      ...others.map((other) => rig.pay(other)),
    ]);
    // Whichever came first was stored; the one for another order is one of two that don't agree.
    const statuses = [first, again, different].map(({ status }) => status);
    expect([
      [202, 202, 422],
      [422, 422, 202],
    ]).toContainEqual(statuses);
    expect(again?.body.paymentId).toBe(first?.body.paymentId);
    expect(rest.map(({ status }) => status)).toEqual(others.map(() => 202));
    expect(new Set(rest.map(({ body }) => body.paymentId)).size).toBe(others.length);
    for (const other of others) await rig.told(other);
  });

  it('are refused without the key of the API', async () => {
    const headers = { 'idempotency-key': randomUUID(), authorization: 'Bearer guess' };
    const answer = await rig.call('POST', '/payments', { orderId: randomUUID(), amount }, headers);
    expect(answer).toMatchObject({ status: 401, body: { code: 'API_KEY_INVALID' } });
  });
});

describe('payments that are called off', () => {
  const callOff = async (orderId: string, key: string) => {
    const answer = await rig.call(
      'POST',
      '/payments/cancel',
      { orderId, amount },
      { 'idempotency-key': key },
    );
    expect(answer.status).toBe(200);
    return (answer.body.payments as { status: string; amount: object }[]).map(({ status }) => status);
  };
  const webhooksWaiting = async (orderId: string) => {
    const db = createDatabase({
      url: rig.url,
      applicationName: 'provider-test',
      log: pino({ level: 'silent' }),
    });
    const { rowCount } = await db.query('select from webhooks where body like $1', [`%${orderId}%`]);
    await db.stop();
    return rowCount;
  };

  it.each([
    ['takes its time', { lateRate: 1 }],
    ['is stuck', { silentRate: 1 }],
  ])('take no money and tell nothing, when one %s', async (_title, behaviour) => {
    await rig.behave(behaviour);
    const [orderId, key] = [randomUUID(), randomUUID()];
    await rig.pay(orderId, key);
    expect(await callOff(orderId, key)).toEqual(['cancelled']);
    expect(await callOff(orderId, key)).toEqual(['cancelled']);
    expect(await webhooksWaiting(orderId)).toBe(0);
  });

  it('keep their money when they have succeeded, and their reason when they have failed', async () => {
    const [orderId, key] = [randomUUID(), randomUUID()];
    await rig.pay(orderId, key);
    await rig.settled(orderId);
    expect(await callOff(orderId, key)).toEqual(['succeeded']);

    await rig.behave({ declineRate: 1 });
    const [declined, otherKey] = [randomUUID(), randomUUID()];
    await rig.pay(declined, otherKey);
    expect(await rig.settled(declined)).toMatchObject({ status: 'failed', reason: expect.any(String) });
    expect(await callOff(declined, otherKey)).toEqual(['failed']);
  });

  it('are so, too, when their request comes later, or at the same time', async () => {
    const [orderId, key] = [randomUUID(), randomUUID()];
    expect(await callOff(orderId, key)).toEqual(['cancelled']);
    expect((await rig.pay(orderId, key)).status).toBe(202);
    expect(await rig.settled(orderId)).toMatchObject({ status: 'cancelled' });
    expect(await webhooksWaiting(orderId)).toBe(0);

    await rig.behave({ lateRate: 1 });
    const orders = Array.from({ length: 20 }, () => randomUUID());
    await Promise.all(orders.flatMap((order) => [rig.pay(order, order), callOff(order, order)]));
    for (const order of orders) expect(await rig.settled(order)).toMatchObject({ status: 'cancelled' });
  });

  it('are those of the order alone, and only with the key of the API', async () => {
    await rig.behave({ lateRate: 1 });
    const [orderId, key] = [randomUUID(), randomUUID()];
    await rig.pay(orderId, key);
    expect(await callOff(randomUUID(), key)).toEqual([]);
    const { body } = await rig.call('GET', `/payments?orderId=${orderId}`);
    expect(body.payments).toMatchObject([{ status: 'pending' }]);
    const guess = { 'idempotency-key': key, authorization: 'Bearer guess' };
    expect((await rig.call('POST', '/payments/cancel', { orderId, amount }, guess)).status).toBe(401);
    expect(await callOff(orderId, key)).toEqual(['cancelled']);
  });
});

describe('refunds', () => {
  it('that are asked for twice with the same key are one', async () => {
    const [orderId, key] = [randomUUID(), randomUUID()];
    const { body } = await rig.pay(orderId);
    await rig.settled(orderId);
    const answers = await Promise.all([rig.refund(body.paymentId, key), rig.refund(body.paymentId, key)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(new Set(answers.map((answer) => answer.body.refundId)).size).toBe(1);
    expect(await rig.settled(orderId)).toMatchObject({ refunded: amount.amount });
  });

  it('never give back more than was taken, however many ask at once', async () => {
    const orderId = randomUUID();
    const { body } = await rig.pay(orderId);
    await rig.settled(orderId);
    const answers = await Promise.all(Array.from({ length: 5 }, () => rig.refund(body.paymentId)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    expect(await rig.settled(orderId)).toMatchObject({ refunded: amount.amount });
  });

  it('are refused while nothing was taken', async () => {
    await rig.behave({ silentRate: 1 });
    const { body } = await rig.pay(randomUUID());
    expect(await rig.refund(body.paymentId)).toMatchObject({
      status: 409,
      body: { code: 'PAYMENT_NOT_TAKEN' },
    });
  });

  it('are refused for payments that there are not', async () => {
    expect(await rig.refund('pay_none')).toMatchObject({ status: 404, body: { code: 'PAYMENT_NOT_FOUND' } });
  });
});
