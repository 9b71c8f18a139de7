import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { startActor } from './actor.ts';

let logs: string;
beforeAll(async () => {
  logs = await mkdtemp(join(tmpdir(), 'brew-actor-'));
});
afterAll(() => rm(logs, { recursive: true, force: true }));

/** It never gets ready: there is no broker. */
const start = () =>
  startActor(
    'it',
    {
      ...{ client: 'platformatic' as const, brokers: ['127.0.0.1:1'], clientId: 'it', via: {} },
      work: { role: 'produce', topic: 't', prefix: 'k', keys: 1, pauseMs: 1 },
    },
    { logs, onLine() {} },
  );

test('a process that does not end by itself has failed', async () => {
  const actor = start();
  actor.signal('SIGSTOP');
  await actor.end(50);
  expect(actor.failure).toBe('did not end by itself');
});

test('a process that dies has failed, unless we killed it', async () => {
  const [died, killed] = [start(), start()];
  died.signal('SIGTERM');
  killed.signal('SIGKILL');
  await until(() => died.hasEnded && killed.hasEnded);
  expect(died.failure).toBe('ended before it was told to (SIGTERM)');
  expect(killed.failure).toBeUndefined();
});
