import { until } from '@brew/sandbox/testing';
import { expect, test } from '@jest/globals';
import pino from 'pino';
import { createKafkaClient } from './client.ts';
import { createGroupMember } from './groupMember.ts';

test('what keeps a consumer from joining is logged once, and again when it is something else', async () => {
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line) => lines.push(line) });
  const failures = [RangeError, RangeError, TypeError, TypeError, RangeError];
  let lives = 0;
  const member = createGroupMember({
    client: createKafkaClient({ brokers: ['127.0.0.1:1'], clientId: 'test', log }),
    ...{ group: 'a-group', topics: ['a-topic'], sessionTimeoutMs: 15_000, log },
    begin: () => ({
      onAssigned: async () => undefined,
      onRevoked: async () => undefined,
      onLost: () => undefined,
      hanging: () => undefined,
      failed: new Promise<never>(() => undefined),
      end: async () => undefined,
      beforeJoining: async () => {
        const Failure = failures[lives++] ?? RangeError;
        throw new Failure('away');
      },
    }),
  });
  const joined = member.start();
  await until(() => lives > failures.length, { what: 'six attempts' });
  await member.stop();
  await expect(joined).rejects.toThrow('stopped');
  expect(lines.map((line) => JSON.parse(line).err.type)).toEqual(['RangeError', 'TypeError', 'RangeError']);
});
