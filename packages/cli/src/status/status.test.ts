import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, serveControl } from '@brew/sandbox';
import { processIdentity } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { status } from './status.ts';

let dir: string;

/** A run of this very process, of which nothing runs. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brew-status-'));
  const { pid } = process;
  const record = {
    pid,
    identity: await processIdentity(pid),
    dir,
    ports: await freePorts(),
    kafka: 'combined',
  };
  const fates = { kitchen: { state: 'no-room' }, courier: { state: 'no-room' } };
  await writeFile(join(dir, 'run.json'), JSON.stringify({ ...record, processes: [], fates }));
});
afterAll(() => rm(dir, { recursive: true }));

test('what became of a process is told by the one that runs Brew, else by what it has written', async () => {
  const nothing = async () => {};
  const fates = { kitchen: { state: 'stopped' }, courier: { state: 'given-up', deaths: 5 } } as const;
  const control = await serveControl(dir, {
    isRunning: () => false,
    kill: nothing,
    end: nothing,
    again: nothing,
    chooseLibrary: () => {},
    requireRoom: async () => {},
    fates: () => fates,
  });
  const told = await status(dir);
  expect(told).toMatchObject({ fates, fatesAt: undefined });
  const stateOf = (name: string) => told.processes.find((each) => each.name === name)?.state;
  expect([stateOf('kitchen'), stateOf('courier')]).toEqual(['stopped', 'dead']);

  await control.close();
  expect(await status(dir)).toMatchObject({
    fates: { kitchen: { state: 'no-room' } },
    fatesAt: expect.stringMatching(/^\d{4}-/),
  });
});
