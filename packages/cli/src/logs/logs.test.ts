import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { plain } from '../text/format.ts';
import { logs } from './logs.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-logs-'));
  const line = {
    level: 'warn',
    time: '2026-01-01T12:00:00.000Z',
    service: 'order',
    orderId: 'o-1',
    msg: 'late',
  };
  await writeFile(join(folder, 'order.log'), `{"cut off\n${JSON.stringify(line)}\n`);
  await writeFile(join(folder, 'kafka-1.log'), '[2026-01-01] INFO started (kafka)\n');
});
afterAll(() => rm(folder, { recursive: true }));

async function shown(service?: string): Promise<string[]> {
  const lines: string[] = [];
  const io = {
    out: async (line: string) => void lines.push(line),
    note: () => {},
    paint: plain,
    columns: () => 0,
  };
  await logs(service, { lines: 10 }, folder, io, new AbortController().signal);
  return lines;
}

describe('logs', () => {
  it('makes JSON readable and leaves the rest as it is', async () => {
    const [broken, line] = await shown('order');
    expect(broken).toBe('{"cut off');
    expect(line).toMatch(/WARN.*late.*"orderId":"o-1"/);
    expect(line).not.toContain('service');
    expect(await shown('kafka-1')).toEqual(['[2026-01-01] INFO started (kafka)']);
  });

  it('says whose line it is when it shows all of them', async () => {
    expect((await shown())[0]).toBe('kafka-1  [2026-01-01] INFO started (kafka)');
  });

  it('names the logs that there are when it is asked for another', async () => {
    await expect(shown('kitchen')).rejects.toThrow(
      'There is no log of kitchen. Take one of: kafka-1, order.',
    );
  });
});
