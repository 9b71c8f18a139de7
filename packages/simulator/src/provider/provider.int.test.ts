import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createProviderRig, good, type ProviderRig } from '../testing/providerRig.ts';

let rig: ProviderRig;

beforeAll(async () => {
  rig = await createProviderRig();
});
afterAll(() => rig?.stop());
afterEach(() => rig.mend());

describe('the process', () => {
  it('describes its API, and is degraded as long as the shop shows no menu', async () => {
    const { body } = await rig.call('GET', '/openapi.json');
    expect(Object.keys(body.paths as object)).toEqual([
      '/payments',
      '/payments/cancel',
      '/refunds',
      '/behaviour',
    ]);
    expect(await rig.call('GET', '/health/ready')).toMatchObject({
      status: 200,
      body: {
        status: 'degraded',
        dependencies: { postgres: { up: true }, webhooks: { up: true }, customers: { up: false } },
      },
    });
  });
});

describe('the behaviour', () => {
  it('changes only where it is told to, and is shown', async () => {
    await rig.behave({ lateRate: 0.5, lateMs: 10 });
    expect((await rig.call('GET', '/behaviour')).body).toEqual({ ...good, lateRate: 0.5, lateMs: 10 });
  });

  it('is refused when it makes no sense', async () => {
    expect(await rig.call('PUT', '/behaviour', { lateRate: 2 })).toMatchObject({ status: 400 });
    expect(await rig.call('PUT', '/behaviour', { mood: 'bad' })).toMatchObject({ status: 400 });
  });
});
