import { randomUUID } from 'node:crypto';
import { KitchenStarted, OrderPlaced } from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';
import { readConfig } from '../config/readConfig.ts';
import { createService } from '../createService.ts';
import { anOrder, createServiceRig, send } from '../testing/serviceRig.ts';
import { onOrderPlaced, ticketsSql } from '../testing/till.ts';

it('has letters handled again, with what waits behind them, and lets their key go', async () => {
  const rig = await createServiceRig(ticketsSql);
  const [Placed, Started] = [rig.here(OrderPlaced), rig.here(KitchenStarted)];
  await rig.createTopics([Placed, Started]);
  let broken = true;
  const service = createService({
    name: rig.name,
    config: readConfig(rig.name, rig.env, {}),
    migrations: rig.migrations,
    emits: [Started],
    handlers: [
      onOrderPlaced(Placed, Started, () => {
        if (broken) throw Object.assign(new Error('broken'));
      }),
    ],
  });
  await service.start();
  const call = async (path: string, body?: object) => {
    const response = await fetch(`${service.url}/dead-letters${path}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: 'Bearer staff-token', 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    return (await response.json()) as Record<string, unknown>;
  };
  try {
    const orderId = randomUUID();
    await send(rig, Placed, anOrder(orderId));
    await send(rig, Placed, anOrder(orderId));
    await until(async () => (await call('/summary')).waiting === 2, { what: 'two letters' });
    broken = false;
    const outcome = await call('/redrive', { filter: { reason: 'failed' }, by: 'ada' });
    expect(outcome).toMatchObject({ redriven: 2, failed: [], skipped: [], keysLetGo: 1, next: null });
    expect(await call('/summary')).toMatchObject({ waiting: 0, parkedKeys: 0 });
  } finally {
    await service.stop();
    await rig.stop();
  }
});
