import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPorts, serveControl } from '@brew/sandbox';
import { processIdentity } from '@brew/sandbox/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { plain } from '../text/format.ts';
import { restartProcesses, startProcesses, stopProcesses } from './byHand.ts';

let dir: string;
let control: Awaited<ReturnType<typeof serveControl>>;
let running: Set<string>;
let lines: string[];
/** What is said beside them. */
let notes: string[];
const io = {
  out: async (line: string) => void lines.push(line),
  note: (line: string) => void notes.push(line),
  paint: plain,
  columns: () => 0,
};
const before = process.env.BREW_DIR;

/** A run of this very process, with processes that are only names. */
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brew-by-hand-'));
  process.env.BREW_DIR = dir;
  lines = [];
  notes = [];
  running = new Set(['kitchen', 'kafka-1', 'kafka-2']);
  const { pid } = process;
  const record = { pid, identity: await processIdentity(pid), dir, ports: defaultPorts, kafka: 'combined' };
  await writeFile(join(dir, 'run.json'), JSON.stringify({ ...record, processes: [], fates: {} }));
  const end = async (name: string) => void running.delete(name);
  control = await serveControl(dir, {
    isRunning: (name) => running.has(name),
    kill: end,
    end,
    again: async (name) => void running.add(name),
    fates: () => ({}),
  });
});
afterEach(async () => {
  if (before === undefined) delete process.env.BREW_DIR;
  else process.env.BREW_DIR = before;
  await control.close();
  await rm(dir, { recursive: true });
});

describe('processes by hand', () => {
  it('are stopped, and stay so', async () => {
    await stopProcesses(['kitchen', 'kafka-1'], io);
    expect([...running]).toEqual(['kafka-2']);
    expect(lines[0]).toMatch(/^✔ kitchen stopped, after .* s\. It stays so until: npx brew start kitchen$/);
  });

  it('are started and restarted', async () => {
    await startProcesses(['kafka-3'], io);
    await restartProcesses(['kafka-1', 'courier'], io);
    expect([...running].sort()).toEqual(['courier', 'kafka-1', 'kafka-2', 'kafka-3', 'kitchen']);
    expect(lines).toEqual([
      expect.stringMatching(/^✔ kafka-3 is ready/),
      expect.stringMatching(/^✔ kafka-1 is ready/),
      expect.stringMatching(/^✔ courier is ready/),
    ]);
    expect(notes).toEqual([
      'Starting kafka-3 …',
      'Stopping kafka-1 …',
      'Starting kafka-1 …',
      'Stopping courier …',
      'Starting courier …',
    ]);
  });

  it.each([
    [
      () => startProcesses(['kitchen'], io),
      /^kitchen runs already\. If it does not answer: npx brew restart kitchen$/,
    ],
    [() => stopProcesses(['kitchn'], io), /^There is no process kitchn\. Did you mean kitchen\?$/],
    [() => restartProcesses(['zookeeper'], io), /^There is no process zookeeper\. Take one of: postgres, /],
  ])('say what is wrong (%#)', async (act, words) => {
    await expect(act()).rejects.toThrow(words);
  });

  it('need a Brew that runs', async () => {
    await rm(join(dir, 'run.json'));
    await expect(stopProcesses(['kitchen'], io)).rejects.toMatchObject({ code: 'BREW_NOT_RUNNING' });
  });
});
