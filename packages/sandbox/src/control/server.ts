import { chmod, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import type { Library } from '@brew/kafka';
import type { Fate } from '../processes/fate.ts';
import { type Asked, type ControlAnswer, type ControlRequest, linesOf, toLine } from './messages.ts';
import { controlSocket } from './socketPath.ts';

/** The processes that may be ended and started. */
export interface Controlled {
  isRunning(name: string): boolean;
  kill(name: string, signal: NodeJS.Signals): Promise<unknown>;
  end(name: string): Promise<unknown>;
  again(name: string): Promise<void>;
  /** From its next start on it talks to Kafka by this library. @throws when it has none to choose */
  chooseLibrary(name: string, library: Library): void;
  /** @throws when the disk has no room for a start */
  requireRoom(): Promise<void>;
  /** By name: what becomes of those that were stopped or have died. */
  fates(): Record<string, Fate>;
}

export interface ControlServer {
  /** Takes no more requests, and waits for what is being started. */
  close(): Promise<void>;
}

/** One that is under way. */
interface Restart {
  library: Library | undefined;
  ready: Promise<void>;
}

/** How often it says that it is at it: well below what its client bears (SILENCE_MS in client.ts). */
const SIGN_MS = 1_000;

/**
 * Lets another process of the same user end and start processes of the sandbox: a Unix socket, in a folder that nobody else may
 * enter. Whoever takes hold of them is alone, and what it has ended is started again when it goes, however it goes: whoever rehearses a
 * failure may be killed in the middle, and leaves no hole. What anybody else ends stays away.
 *
 * @throws what the file system says; some have no sockets. EADDRINUSE: another process serves this folder
 */
export async function serveControl(dir: string, processes: Controlled): Promise<ControlServer> {
  const path = controlSocket(dir);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(dirname(path), 0o700); // it may have been there; fails if it is somebody else's
  const sockets = new Set<Socket>();
  const starting = new Set<Promise<void>>();
  /** Who has hold of the processes, and what it has ended. */
  let holder: { socket: Socket; ended: Set<string> } | undefined;
  /** By name: how often each was ended so far. Who sees that change has not the last word any more. */
  const ends = new Map<string, number>();
  const endsOf = (name: string) => ends.get(name) ?? 0;
  const ending = new Map<string, Promise<unknown>>();
  const restarting = new Map<string, Restart>();
  let closed = false;

  function start(name: string): Promise<void> {
    const restarted = restarting.get(name);
    if (restarted) return restarted.ready;
    if (ending.has(name))
      throw new Error(`${name} is just being stopped. When that is done: npx brew start ${name}`);
    if (processes.isRunning(name))
      throw new Error(`${name} runs already. If it does not answer: npx brew restart ${name}`);
    return again(name).catch((error) => {
      const begun = restarting.get(name);
      if (begun) return begun.ready;
      throw error;
    });
  }
  function again(name: string): Promise<void> {
    if (closed) throw new Error('Brew is being stopped.');
    const before = endsOf(name);
    const started = processes
      .again(name)
      .catch((error) => {
        throw endsOf(name) === before ? error : stoppedMeanwhile(name);
      })
      .finally(() => starting.delete(started));
    starting.add(started);
    return started;
  }
  async function end(name: string, how: () => Promise<unknown>): Promise<void> {
    ends.set(name, endsOf(name) + 1);
    if (processes.isRunning(name)) holder?.ended.add(name);
    const ended = how();
    ending.set(name, ended);
    await ended.finally(() => ending.get(name) === ended && ending.delete(name));
  }
  /**
   * Goes on without whoever asked for it. Of two at the same time, the second one waits for what the first has begun, and is done after that where it wants
   * another library.
   */
  async function restart(name: string, library: Library | undefined): Promise<void> {
    const begun = restarting.get(name);
    if (begun === undefined) return beginRestart(name, library);
    if (library === undefined || library === begun.library) return begun.ready;
    await begun.ready.catch(() => {}); // told to whoever asked for that
    return restart(name, library);
  }
  function beginRestart(name: string, library: Library | undefined): Promise<void> {
    const ready = (async () => {
      await processes.requireRoom();
      if (library !== undefined) processes.chooseLibrary(name, library);
      const ended = end(name, () => processes.end(name));
      const before = endsOf(name);
      await ended;
      if (endsOf(name) !== before) throw stoppedMeanwhile(name);
      await again(name);
    })().finally(() => restarting.delete(name));
    restarting.set(name, { library, ready });
    return ready;
  }

  async function act(request: Exclude<ControlRequest, { do: 'tell' }>, socket: Socket): Promise<void> {
    if (holder !== undefined && holder.socket !== socket)
      throw new Error('A drill is under way on this Brew. Wait until it has ended.');
    switch (request.do) {
      case 'hold':
        holder = { socket, ended: new Set() };
        return;
      case 'kill':
      case 'end':
        await end(request.name, () =>
          request.do === 'kill' ? processes.kill(request.name, request.signal) : processes.end(request.name),
        );
        return;
      case 'restart':
        await restart(request.name, request.library);
        return;
      case 'start':
        await Promise.all(request.names.map(async (name) => start(name)));
        return;
      default:
        request satisfies never;
        throw new SyntaxError('That is not our language.');
    }
  }
  async function answer({ by, ...request }: Asked, socket: Socket): Promise<ControlAnswer> {
    if (Date.now() > by) return { ok: false, problem: 'Nobody waits for that any more.' };
    if (request.do === 'tell')
      return { ok: true, told: { fates: processes.fates(), isHeld: holder !== undefined } };
    const signs = setInterval(() => socket.write(toLine({ isAtIt: true })), SIGN_MS);
    try {
      await act(request, socket);
      return { ok: true };
    } catch (error) {
      if (error instanceof SyntaxError) throw error;
      return { ok: false, problem: (error as Error).message };
    } finally {
      clearInterval(signs);
    }
  }

  async function serve(socket: Socket): Promise<void> {
    try {
      for await (const line of linesOf(socket)) {
        if (closed) break;
        socket.write(toLine(await answer(JSON.parse(line) as Asked, socket)));
      }
    } catch {
      // It was killed, or does not speak our language: either way it has gone.
    }
    socket.destroy();
    if (holder?.socket !== socket) return;
    const left = [...holder.ended].filter((name) => !closed && !processes.isRunning(name));
    // One that does not start is reported as every process is that dies; one that is slow still comes.
    await Promise.allSettled(left.map(async (name) => start(name)));
    holder = undefined;
  }

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    socket.on('error', () => {}); // told to whoever reads from it
    void serve(socket);
  });
  await listen(server, path);
  await chmod(path, 0o600);
  server.unref();

  return {
    async close() {
      closed = true;
      server.close(); // removes the file
      for (const socket of sockets) socket.destroy();
      await Promise.allSettled(starting);
    },
  };
}

const stoppedMeanwhile = (name: string) =>
  new Error(`${name} was stopped meanwhile, by somebody else. It stays so until: npx brew start ${name}`);

async function listen(server: Server, path: string): Promise<void> {
  const tryTo = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  try {
    await tryTo();
  } catch (error) {
    if (await answers(path)) throw error;
    await rm(path, { force: true }); // of a run that was killed
    await tryTo();
  }
}

/** Whether somebody listens there. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}
