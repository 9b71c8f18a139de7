import { CourierAssigned, OrderDelivered } from '@brew/events';
import { infrastructure, until } from '@brew/sandbox/testing';
import { createWaker } from '@brew/service';
import { createTestBench } from '@brew/service/testing';
import { expect, it } from '@jest/globals';
import { readCourierConfig } from '../config.ts';
import { addShipments, findShipment } from '../store/shipments.ts';
import { createDispatcher } from './dispatcher.ts';

it('looks again, long before its poll of five seconds, at what another instance holds', async () => {
  await using bench = await createTestBench({
    name: 'courier',
    migrations: new URL('../store/migrations/', import.meta.url),
    events: [CourierAssigned, OrderDelivered],
    infrastructure: infrastructure(),
    readConfig: readCourierConfig,
  });
  const { context } = bench;
  const { db, log } = context;
  const order = { orderId: 'order', cafeId: 'cafe-001', readyAt: new Date(), causationId: '' };
  await addShipments(db, [{ ...order, traceparent: undefined }]);

  let looks = 0;
  const transact: typeof context.transact = async (...args) => {
    const moved = await context.transact(...args);
    looks += 1;
    return moved;
  };
  const dispatcher = createDispatcher({ ...context, transact }, createWaker());
  await db.transaction(async (tx) => {
    await tx.query('select from shipments for update');
    await dispatcher.start(new AbortController().signal, log);
    try {
      // At its poll alone, the third would come after nine seconds at the earliest.
      await until(() => looks >= 3, { what: 'a third look', timeoutMs: 8_000 });
      expect((await findShipment(db, 'order'))?.state).toBe('waiting');
    } finally {
      await dispatcher.stop();
    }
  });
});
