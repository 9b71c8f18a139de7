import { randomUUID } from 'node:crypto';
import { until } from '@brew/sandbox/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createProviderRig, type ProviderRig } from '../testing/providerRig.ts';
import { TIMEOUT_MS } from './sendWebhooks.ts';

let rig: ProviderRig;

beforeAll(async () => {
  rig = await createProviderRig();
});
afterAll(() => rig?.stop());
afterEach(() => rig.mend());

const pending = async () => Number(/^brew_webhooks_pending (\S+)$/m.exec(await rig.metrics())?.[1]);

describe('webhooks', () => {
  it('are sent again until the shop takes them', async () => {
    rig.shopAnswers = 503;
    const orderId = randomUUID();
    await rig.pay(orderId);
    await rig.told(orderId);
    rig.shopAnswers = 200;
    const [first, second] = await rig.told(orderId, 2);
    expect(second?.raw).toBe(first?.raw);
  });

  it('come twice, with the same id, when the provider is told to', async () => {
    await rig.behave({ duplicateRate: 1 });
    const orderId = randomUUID();
    await rig.pay(orderId);
    const webhooks = await rig.told(orderId, 2);
    expect(new Set(webhooks.map(({ id }) => id)).size).toBe(1);
  });

  it('come out of order when the provider is told to', async () => {
    await rig.behave({ outOfOrderRate: 1 });
    const orderId = randomUUID();
    await rig.pay(orderId);
    const webhooks = await rig.told(orderId, 2);
    expect(webhooks.map(({ type }) => type)).toEqual(['payment.succeeded', 'payment.processing']);
  });

  it('tell of a declined payment with its reason', async () => {
    await rig.behave({ declineRate: 1 });
    const orderId = randomUUID();
    await rig.pay(orderId);
    expect((await rig.told(orderId))[0]).toMatchObject({
      type: 'payment.failed',
      data: { reason: expect.any(String) },
    });
  });

  it('do not wait for one that takes long, which is not sent again meanwhile', async () => {
    const slow = randomUUID();
    const answer = Promise.withResolvers<void>();
    rig.shopDelays = (body) => (body.includes(slow) ? answer.promise : undefined);
    const begun = performance.now();
    await rig.pay(slow);
    await rig.told(slow);
    const others = Array.from({ length: 150 }, () => randomUUID());
    await Promise.all(others.map((orderId) => rig.pay(orderId)));
    for (const orderId of others) await rig.told(orderId);
    // The provider gives up after a while, and sends it again then; a machine may be slow enough for that.
    const sends = () => 1 + Math.floor((performance.now() - begun) / TIMEOUT_MS);
    expect(rig.webhooksOf(slow).length).toBeLessThanOrEqual(sends());
    answer.resolve();
    rig.shopDelays = () => undefined;
    await until(async () => (await pending()) === 0, { what: 'nothing to be pending' });
    expect(rig.webhooksOf(slow).length).toBeLessThanOrEqual(sends());
  });

  it('under way are waited for when the provider stops', async () => {
    const orderId = randomUUID();
    const answer = Promise.withResolvers<void>();
    rig.shopDelays = (body) => (body.includes(orderId) ? answer.promise : undefined);
    await rig.pay(orderId);
    await rig.told(orderId);
    const stopped = rig.stopProvider();
    answer.resolve();
    await stopped;
    rig.shopDelays = () => undefined;
    await rig.startProvider();
    expect(await pending()).toBe(0);
  });

  it('that were not taken before a restart are sent after it', async () => {
    rig.shopAnswers = 503;
    const orderId = randomUUID();
    await rig.pay(orderId);
    await rig.told(orderId);
    await rig.stopProvider();
    const before = rig.webhooksOf(orderId).length;
    rig.shopAnswers = 200;
    await rig.startProvider();
    expect((await rig.told(orderId, before + 1)).length).toBeGreaterThan(before);
  });

  it('are counted in the metrics: attempts, and what is pending', async () => {
    await rig.behave({ lateRate: 1 });
    const orderId = randomUUID();
    await rig.pay(orderId);
    await rig.told(orderId);
    const text = await rig.metrics();
    expect(text).toMatch(/^brew_webhooks_pending [1-9]/m);
    expect(text).toMatch(/^brew_webhooks_total\{outcome="delivered"\} [1-9]/m);
  });
});
