import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { until } from '../testing/until.ts';
import { controlByHand, controlRun, tellRun } from './client.ts';
import { linesOf } from './messages.ts';
import { type ControlServer, serveControl } from './server.ts';
import { controlSocket } from './socketPath.ts';

const serverFile = new URL('./server.ts', import.meta.url).href;
/** For a process of its own, which says what it does. */
async function serveAlone([file = '', dir = '']: string[]): Promise<void> {
  const { serveControl } = await import(file);
  await serveControl(dir, {
    isRunning: () => true,
    requireRoom: async () => {},
    fates: () => ({}),
    end: async (name: string) => console.log(`end ${name}`),
  });
  setInterval(() => {}, 1_000);
  console.log('listening');
}

let dir: string;
let server: ControlServer;
let running: Set<string>;
/** By which library each starts. */
let libraries: Map<string, string>;
/** What was done, in order. */
let done: string[];
/** What is being ended and started, or was. */
let ending: string[];
let starting: string[];
/** What a start waits for, and what an end does. */
let ready: Promise<void>;
/** What a restart looks for first. */
let room: Promise<void>;
let gone: Promise<void>;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'brew-control-'));
  running = new Set(['kafka-1', 'kafka-2']);
  libraries = new Map();
  done = [];
  ending = [];
  starting = [];
  ready = Promise.resolve();
  room = Promise.resolve();
  gone = Promise.resolve();
  server = await serveControl(dir, {
    isRunning: (name) => running.has(name),
    async kill(name, signal) {
      if (!running.delete(name)) throw new Error(`No process ${name} runs.`);
      done.push(`${signal} ${name}`);
    },
    async end(name) {
      ending.push(name);
      await gone;
      if (running.delete(name)) done.push(`end ${name}`);
    },
    chooseLibrary(name, library) {
      if (name === 'kafka-1') throw new Error('kafka-1 has no Kafka client to choose.');
      libraries.set(name, library);
    },
    requireRoom: () => room,
    fates: () => ({ courier: { state: 'stopped' } }),
    async again(name) {
      starting.push(name);
      await ready;
      running.add(name);
      done.push(`start ${name}${libraries.has(name) ? ` ${libraries.get(name)}` : ''}`);
    },
  });
});
afterEach(async () => {
  await server.close();
  await rm(dir, { recursive: true, force: true });
});

describe('the control of a run', () => {
  it('ends and starts processes by name, one after the other', async () => {
    await using control = await controlRun(dir);
    await Promise.all([
      control.kill('kafka-2', 'SIGKILL'),
      control.start('kafka-2'),
      control.kill('kafka-1', 'SIGTERM'),
    ]);
    expect(done).toEqual(['SIGKILL kafka-2', 'start kafka-2', 'SIGTERM kafka-1']);
  });

  it('says what it can not do, and goes on', async () => {
    await using control = await controlRun(dir);
    await expect(control.kill('kafka-9', 'SIGKILL')).rejects.toThrow('No process kafka-9 runs.');
    await expect(control.start('kafka-1')).rejects.toMatchObject({
      code: 'BREW_CONTROL_REFUSED',
      message: 'kafka-1 runs already. If it does not answer: npx brew restart kafka-1',
    });
    await control.kill('kafka-1', 'SIGKILL');
    expect(done).toEqual(['SIGKILL kafka-1']);
  });

  it('starts again what was ended through it, however its user goes', async () => {
    const control = await controlRun(dir);
    await control.kill('kafka-1', 'SIGKILL');
    await control.kill('kafka-2', 'SIGKILL');
    await control.start('kafka-2');
    await control[Symbol.asyncDispose]();
    await until(() => running.has('kafka-1'), { what: 'kafka-1 to run again' });
    expect(done).toEqual(['SIGKILL kafka-1', 'SIGKILL kafka-2', 'start kafka-2', 'start kafka-1']);
  });

  it('does not start what was down before', async () => {
    running.delete('kafka-1');
    const control = await controlRun(dir);
    await control.kill('kafka-1', 'SIGKILL').catch(() => {});
    await control.kill('kafka-2', 'SIGKILL');
    await control[Symbol.asyncDispose]();
    await until(() => running.has('kafka-2'), { what: 'kafka-2 to run again' });
    expect([...running]).toEqual(['kafka-2']);
  });

  it('has one user at a time, until all of its processes run again', async () => {
    const started = Promise.withResolvers<void>();
    ready = started.promise;
    const first = await controlRun(dir);
    await expect(controlRun(dir)).rejects.toThrow('A drill is under way');
    await first.kill('kafka-1', 'SIGKILL');
    await first[Symbol.asyncDispose]();
    await expect(controlRun(dir)).rejects.toThrow('A drill is under way');
    started.resolve();
    await using second = await until(() => controlRun(dir).catch(() => undefined), { what: 'the second' });
    await second.kill('kafka-1', 'SIGKILL');
  });

  it('leaves away what was ended by hand, and lets several hands work at once', async () => {
    const started = Promise.withResolvers<void>();
    ready = started.promise;
    {
      await using one = await controlByHand(dir);
      await using two = await controlByHand(dir);
      await one.end('kafka-1');
      await two.kill('kafka-2', 'SIGKILL');
      const both = [one.start('kafka-1'), two.start('kafka-2')];
      started.resolve();
      await Promise.all(both);
      await one.end('kafka-1');
    }
    // Whoever comes next finds it as it was left.
    await using _ = await controlRun(dir);
    expect([...running]).toEqual(['kafka-2']);
    expect(done).toEqual(['end kafka-1', 'SIGKILL kafka-2', 'start kafka-1', 'start kafka-2', 'end kafka-1']);
  });

  it('lets no hand in while somebody has hold of it', async () => {
    await using control = await controlRun(dir);
    await using hand = await controlByHand(dir);
    await expect(hand.end('kafka-1')).rejects.toThrow('A drill is under way');
    await control.kill('kafka-1', 'SIGKILL');
    expect(done).toEqual(['SIGKILL kafka-1']);
  });

  it('takes a request that it does not understand for a farewell', async () => {
    const socket = createConnection(controlSocket(dir));
    socket.resume().write('hello\n');
    await new Promise((resolve) => socket.once('close', resolve));
    await using control = await until(() => controlRun(dir).catch(() => undefined), { what: 'the next one' });
    await control.kill('kafka-1', 'SIGKILL');
  });

  it('starts nothing any more once it is closed', async () => {
    const control = await controlRun(dir);
    await control.kill('kafka-1', 'SIGKILL');
    await server.close();
    await expect(control.start('kafka-1')).rejects.toMatchObject({ code: 'BREW_CONTROL_REFUSED' });
    await expect(controlRun(dir)).rejects.toThrow('does not listen');
    expect(done).toEqual(['SIGKILL kafka-1']);
  });

  it('is served by one process at a time, and by the next one after it was killed', async () => {
    const processes = {
      isRunning: () => true,
      kill: async () => {},
      end: async () => {},
      again: async () => {},
      chooseLibrary: () => {},
      requireRoom: async () => {},
      fates: () => ({}),
    };
    await expect(serveControl(dir, processes)).rejects.toMatchObject({ code: 'EADDRINUSE' });
    await using control = await until(() => controlRun(dir).catch(() => undefined), {
      what: 'the first one',
    });
    await control.kill('kafka-1', 'SIGKILL');

    await server.close();
    await writeFile(controlSocket(dir), '');
    server = await serveControl(dir, processes);
    await using next = await controlRun(dir);
    await next.kill('kafka-1', 'SIGKILL');
  });

  it('says that it is at it for as long as it takes', async () => {
    const started = Promise.withResolvers<void>();
    ready = started.promise;
    running.delete('kafka-1');
    const socket = createConnection(controlSocket(dir));
    socket.write('{"do":"start","names":["kafka-1"]}\n');
    const lines = linesOf(socket);
    for (let signs = 1; signs <= 2; signs++) expect((await lines.next()).value).toBe('{"isAtIt":true}');
    started.resolve();
    await until(async () => (await lines.next()).value === '{"ok":true}');
    socket.destroy();
  });

  it('is not waited for when it is frozen, and does nothing afterwards that nobody waits for', async () => {
    const frozen = await mkdtemp(join(tmpdir(), 'brew-frozen-'));
    const child = spawn(
      process.execPath,
      ['-e', `(${serveAlone})(${JSON.stringify([serverFile, frozen])})`],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    try {
      const done = linesOf(child.stdout);
      expect((await done.next()).value).toBe('listening');
      const { pid } = child;
      await writeFile(join(frozen, 'run.json'), JSON.stringify({ pid }));
      child.kill('SIGSTOP');
      await using control = await controlByHand(frozen);
      const [ended, told] = await Promise.all([
        control.end('kitchen').catch((error) => error),
        tellRun(frozen),
      ]);
      expect(ended).toMatchObject({
        code: 'BREW_CONTROL_REFUSED',
        message: `Process ${pid}, which runs Brew, has not answered for 10 s. If it is frozen, it goes on with: kill -CONT ${pid}; then do this again. Otherwise end all of it with: npx brew stop --now`,
      });
      expect(told).toBeUndefined();
      child.kill('SIGCONT');
      await using again = await controlByHand(frozen);
      await again.end('courier');
      expect((await done.next()).value).toBe('end courier');
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await rm(frozen, { recursive: true });
    }
  });

  describe('that restarts a process', () => {
    let isGone: () => void;
    beforeEach(() => {
      ({ promise: gone, resolve: isGone } = Promise.withResolvers<void>());
    });

    const untilEnding = (times: number) =>
      until(() => ending.filter((name) => name === 'kafka-1').length === times, { what: 'kafka-1 to end' });

    it('starts it also when whoever asked for it is gone', async () => {
      const control = await controlByHand(dir);
      const asked = control.restart('kafka-1').catch((error) => error);
      await untilEnding(1);
      await control[Symbol.asyncDispose]();
      expect(await asked).toMatchObject({ code: 'BREW_CONTROL_REFUSED' });
      isGone();
      await until(() => done.includes('start kafka-1'), { what: 'kafka-1 to be started' });
    });

    it('does so once for two who want it', async () => {
      await using first = await controlByHand(dir);
      await using second = await controlByHand(dir);
      const both = [first.restart('kafka-1'), second.restart('kafka-1')];
      await untilEnding(1);
      isGone();
      await Promise.all(both);
      expect(running.has('kafka-1')).toBe(true);
    });

    it('ends nothing that it could not start again', async () => {
      room = Promise.reject(new Error('Brew needs 64 MiB to start.'));
      await using control = await controlByHand(dir);
      await expect(control.restart('kafka-1')).rejects.toThrow('Brew needs 64 MiB to start.');
      expect(ending).toEqual([]);
    });

    it('starts it by another library from then on, where one was chosen', async () => {
      isGone();
      await using control = await controlByHand(dir);
      await control.restart('courier', 'kafkajs');
      await control.restart('courier');
      await control.restart('courier', 'platformatic');
      expect(done.filter((what) => what.startsWith('start'))).toEqual([
        'start courier kafkajs',
        'start courier kafkajs',
        'start courier platformatic',
      ]);
    });

    it('ends nothing that has no library to choose', async () => {
      await using control = await controlByHand(dir);
      await expect(control.restart('kafka-1', 'kafkajs')).rejects.toMatchObject({
        code: 'BREW_CONTROL_REFUSED',
        message: 'kafka-1 has no Kafka client to choose.',
      });
      expect(ending).toEqual([]);
    });

    it('does so once more for who wants another library meanwhile', async () => {
      await using first = await controlByHand(dir);
      await using second = await controlByHand(dir);
      const both = [first.restart('kafka-2', 'kafkajs')];
      await until(() => ending.length === 1, { what: 'kafka-2 to end' });
      both.push(second.restart('kafka-2', 'platformatic'));
      isGone();
      await Promise.all(both);
      expect(done).toEqual([
        ...['end kafka-2', 'start kafka-2 kafkajs'],
        ...['end kafka-2', 'start kafka-2 platformatic'],
      ]);
    });

    it('starts it for whoever has begun to start it, too', async () => {
      const begun = Promise.withResolvers<void>();
      ready = begun.promise;
      running.delete('kafka-1');
      await using first = await controlByHand(dir);
      await using second = await controlByHand(dir);
      const started = first.start('kafka-1');
      await until(() => starting.includes('kafka-1'), { what: 'the start of kafka-1' });
      const restarted = second.restart('kafka-1');
      await untilEnding(1);
      begun.reject(new Error('kafka-1 ended by itself'));
      ready = Promise.resolve();
      isGone();
      await Promise.all([started, restarted]);
      expect(running.has('kafka-1')).toBe(true);
    });

    it('leaves it to whoever stops it meanwhile', async () => {
      await using first = await controlByHand(dir);
      await using second = await controlByHand(dir);
      await using third = await controlByHand(dir);
      const asked = first.restart('kafka-1').catch((error) => error);
      await untilEnding(1);
      const stopped = second.end('kafka-1');
      await untilEnding(2);
      isGone();
      await stopped;
      expect(await asked).toMatchObject({
        message: 'kafka-1 was stopped meanwhile, by somebody else. It stays so until: npx brew start kafka-1',
      });
      expect(running.has('kafka-1')).toBe(false);
      await third.start('kafka-1');
    });

    it('is told by a start that it is just being stopped', async () => {
      await using first = await controlByHand(dir);
      await using second = await controlByHand(dir);
      const stopped = first.end('kafka-1');
      await untilEnding(1);
      await expect(second.start('kafka-1')).rejects.toThrow(
        /^kafka-1 is just being stopped\. When that is done: npx brew start kafka-1$/,
      );
      isGone();
      await stopped;
    });
  });

  it('tells anybody what becomes of those that were stopped or have died', async () => {
    await using _ = await controlRun(dir);
    expect(await tellRun(dir)).toEqual({ fates: { courier: { state: 'stopped' } }, isHeld: true });
    await server.close();
    expect(await tellRun(dir)).toBeUndefined();
  });

  it('is for its own user alone', async () => {
    const path = controlSocket(dir);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(dirname(path))).mode & 0o777).toBe(0o700);
  });

  it('has an address that is short enough, whatever the folder is called', () => {
    expect(controlSocket('/a/folder')).toBe('/a/folder/control/socket');
    const long = `/a/${'very-'.repeat(20)}long/folder`;
    expect(Buffer.byteLength(controlSocket(long))).toBeLessThanOrEqual(103);
    expect(controlSocket(long)).not.toBe(controlSocket(`${long}2`));
  });
});
