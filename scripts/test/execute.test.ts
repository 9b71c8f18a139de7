import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { openIn } from './execute.ts';

test('names what keeps a process from ending', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const own = new RegExp(`^tcp at .*:${port}$`);
  const open = () => openIn(JSON.stringify(process.report.getReport()));
  expect(open()).toContainEqual(expect.stringMatching(own));
  server.unref();
  expect(open()).not.toContainEqual(expect.stringMatching(own));
  server.close();
});
