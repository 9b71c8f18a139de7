import { services } from '@brew/provision';
import { expect, test } from '@jest/globals';
import { defaultPorts } from './ports.ts';
import { serviceEnv } from './serviceEnv.ts';
import { serviceSpec } from './serviceSpec.ts';

const session = { ports: defaultPorts, cacheDir: '/cache' };
const envOf = (name: string, settings = {}) => {
  const service = services.find((each) => each.name === name);
  if (!service) throw new Error(`no service ${name}`);
  return serviceEnv(service, session, settings);
};

test('a service gets its own port and database, and everybody the same cluster', () => {
  expect(envOf('order')).toMatchObject({
    PORT: '3002',
    DATABASE_URL: 'postgresql://orders:orders@127.0.0.1:15432/orders',
    KAFKA_BROKERS: '127.0.0.1:19092,127.0.0.1:19093,127.0.0.1:19094',
    SCHEMA_REGISTRY_URL: 'http://127.0.0.1:8081/apis/ccompat/v7',
  });
  expect(envOf('kitchen').KAFKA_BROKERS).toBe(envOf('order').KAFKA_BROKERS);
});

test('order and payment provider know each other, and share what they sign with', () => {
  const [order, provider] = [envOf('order'), envOf('simulator')];
  expect(order.PSP_URL).toBe(`http://127.0.0.1:${provider.PORT}`);
  expect(provider.WEBHOOK_URL).toBe(`http://127.0.0.1:${order.PORT}/payments/webhook`);
  expect(order.WEBHOOK_SECRET).toBe(provider.WEBHOOK_SECRET);
});

test('a service can be run by another Kafka library, whatever all have, and the simulator has none to choose', () => {
  const settings = { speed: 5, env: { BREW_KAFKA_CLIENT: 'platformatic' } };
  const specs = services.map((service) => serviceSpec(service, session, settings));
  const moved = specs.flatMap((spec) => spec.by?.('kafkajs') ?? []);
  expect(moved.map(({ name }) => name)).toEqual(['catalog', 'order', 'kitchen', 'courier', 'analytics']);
  for (const { env } of moved) expect(env).toMatchObject({ SPEED: '5', BREW_KAFKA_CLIENT: 'kafkajs' });
});

test('what the user sets wins', () => {
  expect(envOf('simulator')).toMatchObject({ RATE: '1', SPEED: '60' });
  expect(envOf('simulator', { rate: 0, speed: 5, env: { LOG_LEVEL: 'debug' } })).toMatchObject({
    RATE: '0',
    SPEED: '5',
    LOG_LEVEL: 'debug',
  });
});
