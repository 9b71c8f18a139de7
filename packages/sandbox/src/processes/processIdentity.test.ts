import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from '@jest/globals';
import { isAlive, parseProcStat, processIdentity } from './processIdentity.ts';

test.each([
  ['S', 11, false],
  ['Z', 1, true],
  ['Z', 3, false], // killed, and its other threads are not gone yet
  ['X', 1, true],
])(
  'reads when it started, and whether it is over, whatever stands in the name: %s, %s threads',
  (state, threads, isOver) => {
    const after = `${state} 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 ${threads} 0 176013 300 400`;
    expect(parseProcStat(`4711 (a (strange) name) ${after}`)).toEqual({ isOver, startTicks: '176013' });
  },
);

test('a process keeps its identity as long as it lives, and another one has another', async () => {
  const child = spawn('sleep', ['60']);
  const recorded = { pid: child.pid ?? 0, identity: (await processIdentity(child.pid ?? 0)) ?? '' };
  expect(recorded.identity).not.toBe('');
  expect(recorded.identity).not.toBe(await processIdentity(process.pid));
  expect(await isAlive(recorded)).toBe(true);

  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(await isAlive(recorded)).toBe(false);
});

test('a pid that was given to a later process is not the one that was recorded', async () => {
  const nobody = 2 ** 22 + 1; // more than any pid
  expect(await isAlive({ pid: nobody, identity: undefined as never })).toBe(false);
  expect(await isAlive({ pid: process.pid, identity: 'of an earlier process' })).toBe(false);
});
