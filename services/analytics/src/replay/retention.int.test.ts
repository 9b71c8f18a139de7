import { OrderDelivered, OrderPlaced } from '@brew/events';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { sales } from '../projections/sales/sales.ts';
import { listGenerations } from '../store/generations.ts';
import { PLACED_AT, placed } from '../testing/orders.ts';
import { createRig, type Rig } from '../testing/rig.ts';
import { runReplay } from '../testing/runReplay.ts';

let rig: Rig;
beforeAll(async () => {
  rig = await createRig();
  await rig.begin();
});
afterAll(() => rig?.stop());

it('says before it begins which topics have lost their beginning, and rebuilds from what is left', async () => {
  const orders = Array.from({ length: 20 }, (_, i) => `order-${i}`);
  const deliver = (orderId: string) =>
    rig.record(OrderDelivered, { orderId, courierId: 'courier-001', deliveredAt: PLACED_AT + 60_000 });
  await rig.send(...orders.map((orderId) => rig.record(OrderPlaced, placed(orderId))));
  await rig.send(...orders.slice(0, 15).map(deliver));
  const projector = await rig.follow();
  const delivered = async () => (await rig.reports()).funnel.delivered ?? 0;
  await until(async () => (await delivered()) === 15);

  const shipments = rig.topicOf(OrderDelivered);
  await rig.deleteRecords(shipments);
  await rig.send(...orders.slice(15).map(deliver));
  await until(async () => (await delivered()) === 20);

  const plan = await runReplay(rig.context, { end: 'plan' });
  expect(plan.plan?.incomplete).toEqual([{ topic: shipments, since: expect.stringMatching(/^20/) }]);
  const since = { beginning: { how: 'beside', from: new Date(0) }, end: 'plan' } as const;
  expect((await runReplay(rig.context, since)).plan?.incomplete).toEqual(plan.plan?.incomplete);
  const kept = await runReplay(rig.context);
  expect(kept.outcome?.outcome).toBe('different');
  expect(await delivered()).toBe(20);
  await runReplay(rig.context, { beginning: { how: 'resume' }, acceptDifferences: true });
  expect((await rig.reports()).funnel).toEqual({ placed: 20, delivered: 5 });
  await projector.stop();
});

it('is the way on for who was away for so long that what comes next is gone', async () => {
  await rig.createTopics();
  await rig.begin();
  await rig.send(rig.record(OrderPlaced, placed('missed')));
  await rig.deleteRecords(rig.topicOf(OrderPlaced));
  const projector = await rig.follow();
  await until(async () => (await projector.health?.())?.detail?.includes('what came next was deleted'), {
    what: 'the trouble to be told of',
  });

  await runReplay(rig.context, { projections: [sales], acceptDifferences: true });
  const live = (await listGenerations(rig.db)).filter(({ state }) => state === 'live');
  expect(live.filter(({ behind }) => !behind).map(({ projection }) => projection)).toEqual(['sales']);
  const { outcome } = await runReplay(rig.context, { acceptDifferences: true });
  expect(outcome?.outcome).toBe('switched');
  await rig.send(rig.record(OrderPlaced, placed('after')));
  await until(async () => (await rig.reports()).funnel.placed === 1, {
    what: 'live events to be read again',
  });
  await projector.stop();
});

it('is the way on when a topic was deleted and made anew, also when the new one has as many records', async () => {
  await rig.createTopics();
  await rig.begin();
  const count = 8;
  const place = (name: string) => rig.record(OrderPlaced, placed(name));
  await rig.send(...Array.from({ length: count }, (_, i) => place(`old-${i}`)));
  const first = await rig.follow();
  await until(async () => (await rig.reports()).funnel.placed === count);
  await first.stop();

  await rig.recreate(rig.topicOf(OrderPlaced));
  await rig.send(...Array.from({ length: 3 * count }, (_, i) => place(`new-${i}`)));
  const second = await rig.follow();
  await until(async () => (await second.health?.())?.detail?.includes('deleted and made anew'), {
    what: 'the trouble to be told of',
  });
  await until(async () => (await second.health?.())?.up === false);
  expect((await rig.reports()).funnel).toEqual({ placed: count });

  const { outcome } = await runReplay(rig.context, { acceptDifferences: true });
  expect(outcome?.outcome).toBe('switched');
  await until(async () => (await second.health?.())?.up === true, { what: 'live events to be read again' });
  await rig.send(place('after'));
  await until(async () => (await rig.reports()).funnel.placed === 3 * count + 1);
  await second.stop();
});
