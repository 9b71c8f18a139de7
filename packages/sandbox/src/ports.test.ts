import { createServer } from 'node:net';
import { services } from '@brew/provision';
import { expect, test } from '@jest/globals';
import { defaultPorts, freePorts, infrastructurePorts, isFree, systemPorts } from './ports.ts';

test('the default ports are the documented ones', () => {
  expect(defaultPorts).toMatchObject({
    external: [19092, 19093, 19094],
    postgres: 15432,
    registry: 8081,
    services: { catalog: 3001, order: 3002, kitchen: 3003, courier: 3004, analytics: 3005, simulator: 3010 },
  });
});

test('no port is used twice', async () => {
  for (const ports of [defaultPorts, await freePorts()]) {
    const used = systemPorts(ports).map(({ port }) => port);
    expect(new Set(used).size).toBe(used.length);
  }
});

test('free ports are free, and stay clear of those that systems give to outgoing connections', async () => {
  for (const { port } of systemPorts(await freePorts())) {
    expect(port).toBeLessThan(32_768);
    expect(await isFree(port)).toBe(true);
  }
});

test('nobody is given the same ports again, although nothing listens on them yet', async () => {
  const given = [];
  for (let system = 0; system < 40; system++) given.push(...systemPorts(await freePorts()));
  expect(new Set(given.map(({ port }) => port)).size).toBe(given.length);
});

test('the system needs the ports of the infrastructure and one per service', async () => {
  const ports = await freePorts();
  expect(systemPorts(ports)).toEqual([
    ...infrastructurePorts(ports),
    ...services.map(() => expect.anything()),
  ]);
  expect(systemPorts(ports)).toContainEqual({ port: ports.services.order, use: 'the order service' });
});

test('a port that somebody listens on is not free', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  expect(await isFree(port)).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(await isFree(port)).toBe(true);
});
