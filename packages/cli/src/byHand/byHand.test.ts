import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultPorts, serveControl } from '@brew/sandbox';
import { processIdentity, until } from '@brew/sandbox/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { plain } from '../text/format.ts';
import { restartProcesses, startProcesses, stopProcesses } from './byHand.ts';

let dir: string;
/** What a start waits for. */
let readiness: Promise<void> | undefined;
let control: Awaited<ReturnType<typeof serveControl>>;
let running: Set<string>;
/** By which library each starts, where one was chosen. */
let libraries: Map<string, string>;
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
const { signal } = new AbortController();

/** A run of this very process, with processes that are only names. */
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brew-by-hand-'));
  process.env.BREW_DIR = dir;
  lines = [];
  notes = [];
  running = new Set(['kitchen', 'kafka-1', 'kafka-2']);
  libraries = new Map();
  readiness = undefined;
  await writeRun();
  const end = async (name: string) => void running.delete(name);
  control = await serveControl(dir, {
    isRunning: (name) => running.has(name),
    kill: end,
    end,
    again: async (name) => {
      running.add(name);
      await readiness;
    },
    chooseLibrary: (name, library) => void libraries.set(name, library),
    requireRoom: async () => {},
    fates: () => ({}),
  });
});
async function writeRun(
  processes: { name: string; pid: number; identity: string | undefined }[] = [],
  ports = defaultPorts,
): Promise<void> {
  const { pid } = process;
  const record = { pid, identity: await processIdentity(pid), dir, ports, kafka: 'combined' };
  await writeFile(join(dir, 'run.json'), JSON.stringify({ ...record, processes, fates: {} }));
}
afterEach(async () => {
  if (before === undefined) delete process.env.BREW_DIR;
  else process.env.BREW_DIR = before;
  await control.close();
  await rm(dir, { recursive: true });
});

describe('processes by hand', () => {
  it('are stopped, and stay so', async () => {
    await stopProcesses(['kitchen', 'kafka-1'], io, { signal });
    expect([...running]).toEqual(['kafka-2']);
    expect(lines[0]).toMatch(/^✔ kitchen stopped, after .* s\. It stays so until: npx brew start kitchen$/);
  });

  it('are started and restarted', async () => {
    await startProcesses(['kafka-3'], io, { signal });
    await restartProcesses(['kafka-1', 'courier'], io, { signal });
    expect([...running].sort()).toEqual(['courier', 'kafka-1', 'kafka-2', 'kafka-3', 'kitchen']);
    expect(lines).toEqual([
      expect.stringMatching(/^✔ kafka-3 is ready/),
      expect.stringMatching(/^✔ kafka-1 is ready/),
      expect.stringMatching(/^✔ courier is ready/),
    ]);
    expect(notes).toEqual(['Starting kafka-3 …', 'Restarting kafka-1 …', 'Restarting courier …']);
  });

  it('are restarted with another Kafka client', async () => {
    expect(await restartProcesses(['kitchen', 'order'], io, { signal, client: 'kafkajs' })).toBe(true);
    expect(Object.fromEntries(libraries)).toEqual({ kitchen: 'kafkajs', order: 'kafkajs' });
    expect(lines).toEqual([
      expect.stringMatching(/^✔ kitchen is ready with kafkajs, after /),
      expect.stringMatching(/^✔ order is ready with kafkajs, after /),
    ]);
    expect(notes[0]).toBe('Restarting kitchen with kafkajs …');
  });

  it.each([
    [['kitchen'], 'kafkjs', '--client kafkjs is no Kafka client that Brew has. Did you mean kafkajs?'],
    [
      ['kitchen'],
      'librdkafka',
      '--client librdkafka is no Kafka client that Brew has. Take platformatic or kafkajs.',
    ],
    ...['kafka-1', 'postgres', 'simulator'].map((name): [string[], string, string] => [
      ['kitchen', name],
      'kafkajs',
      `${name} has no Kafka client to choose. Leave out --client, or take services alone: catalog, order, kitchen, courier, analytics.`,
    ]),
  ])('%j are not restarted with --client %s, and nothing is stopped', async (names, client, message) => {
    await expect(restartProcesses(names, io, { signal, client })).rejects.toMatchObject({
      code: 'BREW_ARGUMENT_INVALID',
      message,
    });
    expect({ notes, running: [...running] }).toEqual({
      notes: [],
      running: ['kitchen', 'kafka-1', 'kafka-2'],
    });
  });

  describe('that do not become ready', () => {
    let ready: () => void;
    beforeEach(() => {
      const { promise, resolve } = Promise.withResolvers<void>();
      [readiness, ready] = [promise, resolve];
    });
    afterEach(() => ready());
    const goesOn = (how: string) => `The ${how} goes on. See npx brew status`;

    it('are told with what a service waits for', async () => {
      const health = createServer((_, response) =>
        response.writeHead(503).end(JSON.stringify({ status: 'not_ready', waitingFor: 'PostgreSQL' })),
      ).listen(0);
      await once(health, 'listening');
      const { port } = health.address() as AddressInfo;
      const { pid } = process;
      const services = { ...defaultPorts.services, kitchen: port };
      await writeRun([{ name: 'kitchen', pid, identity: await processIdentity(pid) }], {
        ...defaultPorts,
        services,
      });
      expect(
        await restartProcesses(['kitchen', 'order'], io, { signal, tellEveryMs: 10, patienceMs: 10 }),
      ).toBe(false);
      expect(lines).toEqual([
        expect.stringMatching(/^kitchen is not ready yet, after \S+ m?s: it waits for PostgreSQL$/),
        goesOn('restart'),
        'Nothing was done to order. Go on with: npx brew restart order',
      ]);
      health.close();
    });

    it('are told with what to type for those that were to come next, with the same client', async () => {
      const waiting = { signal, tellEveryMs: 10, patienceMs: 10, client: 'kafkajs' };
      expect(await restartProcesses(['catalog', 'order', 'kitchen'], io, waiting)).toBe(false);
      expect(lines.at(-1)).toBe(
        'Nothing was done to order, kitchen. Go on with: npx brew restart order kitchen --client kafkajs',
      );
    });

    it('are told of now and then, and waited for', async () => {
      const restarted = restartProcesses(['kitchen'], io, { signal, tellEveryMs: 10 });
      await until(() => notes.length > 2, { what: 'it to be told twice' });
      expect(notes.slice(1)).toEqual(
        notes.slice(1).map(() => expect.stringMatching(/^kitchen is not ready yet, after /)),
      );
      ready();
      expect(await restarted).toBe(true);
      expect(lines).toEqual([expect.stringMatching(/^✔ kitchen is ready, after /)]);
    });

    it('are told with the nodes that a broker needs', async () => {
      const frozen = spawn('sleep', ['60']);
      const pid = frozen.pid ?? 0;
      frozen.kill('SIGSTOP');
      const identity = await processIdentity(pid);
      await writeRun([
        { name: 'kafka-2', pid, identity },
        { name: 'kafka-3', pid: process.pid, identity: await processIdentity(process.pid) },
      ]);
      await startProcesses(['kafka-3'], io, { signal, tellEveryMs: 10, patienceMs: 10 });
      expect(lines).toEqual([
        expect.stringMatching(
          `^kafka-3 is not ready yet, after .*: it waits for a majority of the nodes that vote; kafka-2 is frozen \\(SIGSTOP\\) and goes on with: kill -CONT ${pid}; start others: npx brew start kafka-1$`,
        ),
        goesOn('start'),
      ]);
      frozen.kill('SIGKILL');
    });
  });

  it('go on without whoever ends the command, who is told so', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    readiness = promise;
    const interrupted = new AbortController();
    const restarted = restartProcesses(['kafka-1', 'kitchen'], io, { signal: interrupted.signal });
    await until(() => running.size === 3 && notes.length === 1, { what: 'the restart to begin' });
    interrupted.abort();
    expect(await restarted).toBe(false);
    expect(notes.slice(-2)).toEqual([
      'The restart of kafka-1 goes on, and nobody waits for it here. See npx brew status',
      'Nothing was done to kitchen. Go on with: npx brew restart kitchen',
    ]);
    resolve();
    await until(() => running.has('kafka-1'), { what: 'kafka-1 to run again' });
  });

  it.each([
    [
      () => startProcesses(['kitchen'], io, { signal }),
      /^kitchen runs already\. If it does not answer: npx brew restart kitchen$/,
    ],
    [
      () => stopProcesses(['kitchn'], io, { signal }),
      /^There is no process kitchn\. Did you mean kitchen\?$/,
    ],
    [
      () => restartProcesses(['zookeeper'], io, { signal }),
      /^There is no process zookeeper\. Take one of: postgres, /,
    ],
  ])('say what is wrong (%#)', async (act, words) => {
    await expect(act()).rejects.toThrow(words);
  });

  it('need a Brew that runs', async () => {
    await rm(join(dir, 'run.json'));
    await expect(stopProcesses(['kitchen'], io, { signal })).rejects.toMatchObject({
      code: 'BREW_NOT_RUNNING',
    });
  });
});
