import { OrderPlaced, uuidv7 } from '@brew/events';
import { partitionOf } from '@brew/kafka';
import { infrastructure, until } from '@brew/sandbox/testing';
import { spawnMain } from '@brew/service/testing';
import { expect, it } from '@jest/globals';
import { placed } from '../testing/orders.ts';
import { PARTITIONS, useRig } from '../testing/rig.ts';

/** With one more under way there are more than stay at hand, and they are stored at once. */
const AT_HAND = 8;

const rig = useRig();

const place = (orderId = uuidv7()) => rig.record(OrderPlaced, placed(orderId));

it('ends in order when it is stopped while PostgreSQL keeps it waiting', async () => {
  const { brokers, registryUrl } = infrastructure();
  const service = spawnMain(new URL('../testing/followMain.ts', import.meta.url), {
    PORT: '0',
    DATABASE_URL: rig.databaseUrl,
    KAFKA_BROKERS: brokers.join(),
    SCHEMA_REGISTRY_URL: registryUrl,
    STAFF_TOKEN: 'staff-token',
    ORDERS_IN_MEMORY: String(AT_HAND),
    TOPICS: rig.topics.join(),
  });
  await service.listening();
  await using holder = await rig.db.connect();
  await holder.query('begin; lock table sales_g1.positions in exclusive mode');
  await rig.send(place());
  await until(
    async () => {
      const waiting = `select from pg_locks where relation = 'sales_g1.positions'::regclass and not granted`;
      return (await rig.db.query(waiting)).rowCount;
    },
    { what: 'the first order to be stored' },
  );

  // One batch, so that what the log tells of its end tells that all of it was read.
  const ids = Array.from({ length: 100 }, () => uuidv7()).filter((id) => partitionOf(id, PARTITIONS) === 0);
  const unknown = { ...place(ids[0]), headers: { ce_type: 'unknown' } };
  await rig.send(...ids.slice(0, AT_HAND).map(place), unknown);
  await service.line('skipped an event of a type that is unknown here: told once');
  service.child.kill('SIGTERM');
  expect(await service.exited).toBe(0);
  await holder.query('rollback');
});
