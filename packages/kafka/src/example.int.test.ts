import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { OrderPlaced, toHeaders, topics, uuidv7 } from '@brew/events';
import { infrastructure, until } from '@brew/sandbox/testing';
import { expect, test } from '@jest/globals';
import { createAdmin } from './admin.ts';
import { createCodec } from './codec.ts';
import { createProducer } from './producer.ts';
import { clientOf, log, memberIdsOf, readAll } from './testing/kafka.ts';

const example = new URL('../../../docs/examples/receipts.ts', import.meta.url);
const { brokers, registryUrl } = infrastructure();

/** Places an order as the order service does. @returns its id */
async function placeOrder(): Promise<string> {
  await using admin = createAdmin({ client: clientOf(), log });
  await admin.ensureTopics([topics.orders]);
  const codec = createCodec({ registryUrl, log });
  await codec.register([OrderPlaced]);
  await codec.prepare([OrderPlaced]);
  const orderId = uuidv7();
  const price = { amount: 410, currency: 'EUR' };
  const item = { sku: 'flat-white', name: 'Flat White', category: 'drink', preparationSeconds: 40 } as const;
  const value = codec.encode(OrderPlaced, {
    ...{ orderId, cafeId: 'cafe-007', channel: 'app', placedAt: Date.now(), total: price },
    customer: { name: 'Ada', address: '12 Analytical Row' },
    items: [{ ...item, quantity: 1, unitPrice: price }],
  });
  const { type } = OrderPlaced;
  const source = '/brew/order';
  const headers = toHeaders({ id: uuidv7(), type, source, time: new Date(), correlationId: orderId });
  await using producer = createProducer({ client: clientOf(), log });
  await producer.start();
  await producer.send([{ topic: topics.orders.name, key: orderId, value, headers }]);
  return orderId;
}

test("the README's example writes a receipt for an order, and leaves its group when it is interrupted", async () => {
  const orderId = await placeOrder();
  const child = spawn(process.execPath, [fileURLToPath(example)], {
    env: { ...process.env, KAFKA_BROKERS: brokers.join(), SCHEMA_REGISTRY_URL: registryUrl },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(child, 'close');
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  try {
    await until(() => output.includes(orderId) || child.exitCode !== null, { what: 'a receipt' });
    expect(output).toContain(`${orderId} {"amount":410,"currency":"EUR"}`);
    expect((await readAll('receipts')).map(({ key }) => key)).toContain(orderId);
  } finally {
    child.kill('SIGINT');
  }
  expect(await ended).toEqual([0, null]);
  expect(await memberIdsOf('receipts')).toEqual([]);
});

test('the README shows the example as it is', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  expect(/```ts\n(.*?)```/s.exec(readme)?.[1]).toBe(await readFile(example, 'utf8'));
});
