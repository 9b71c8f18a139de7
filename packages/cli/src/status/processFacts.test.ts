import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { until } from '@brew/sandbox/testing';
import { describe, expect, it } from '@jest/globals';
import { parseElapsed, processFacts } from './processFacts.ts';

describe('processFacts', () => {
  it('tells memory and age of a process', async () => {
    const before = process.uptime() * 1_000;
    const facts = await processFacts(process.pid);
    expect(facts?.residentBytes).toBeGreaterThan(10 * 2 ** 20);
    // In whole seconds, and some more than Node knows of, which comes up first.
    expect(facts?.uptimeMs).toBeGreaterThan(before - 1_001);
    expect(facts?.uptimeMs).toBeLessThan(process.uptime() * 1_000 + 60_000);
  });

  it('tells that a process is frozen', async () => {
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)']);
    try {
      expect((await processFacts(child.pid ?? 0))?.isFrozen).toBe(false);
      child.kill('SIGSTOP');
      await until(async () => (await processFacts(child.pid ?? 0))?.isFrozen);
    } finally {
      child.kill('SIGKILL');
    }
  });

  it('knows nothing of a process that has ended', async () => {
    const child = spawn(process.execPath, ['-e', '']);
    await once(child, 'exit');
    expect(await processFacts(child.pid ?? 0)).toBeUndefined();
  });

  it.each([
    ['05', 5],
    ['02:05', 125],
    ['01:00:00', 3_600],
    ['2-01:00:00', 176_400],
  ])('reads %s as %i seconds', (text, seconds) => {
    expect(parseElapsed(text)).toBe(seconds);
  });
});
