import { createServer } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import { listeningInodes, portOwner } from './portOwner.ts';

describe('listeningInodes', () => {
  // As Linux prints it: 19092 is 4A94 in hex, state 0A is LISTEN, 01 is ESTABLISHED.
  const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:4A94 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41001 1 0000 100 0 0 10 0
   1: 0100007F:4A94 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 41002 1 0000 20 4 30 10 -1
   2: 0100007F:1F91 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 41003 1 0000 100 0 0 10 0`;

  test('finds who listens, not who is connected', () => {
    expect(listeningInodes(table, 19_092)).toEqual(['41001']);
  });
  test('finds nobody on another port', () => {
    expect(listeningInodes(table, 8082)).toEqual([]);
  });
});

test('a port that we listen on is ours', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  try {
    expect(await portOwner(port)).toEqual({ pid: process.pid, command: expect.stringMatching(/^node /) });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
  expect(await portOwner(port)).toBeUndefined();
});
