import { chmod, mkdir, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { type ControlAnswer, type ControlRequest, linesOf, toLine } from './messages.ts';
import { controlSocket } from './socketPath.ts';

/** The processes that may be ended and started. */
export interface Controlled {
  isRunning(name: string): boolean;
  kill(name: string, signal: NodeJS.Signals): Promise<unknown>;
  again(name: string): Promise<void>;
}

export interface ControlServer {
  /** Takes no more requests, and waits for what is being started. */
  close(): Promise<void>;
}

/**
 * Lets another process of the same user end and start processes of the sandbox: a Unix socket, in a folder that nobody else may
 * enter. One at a time may do so. What it has ended is started again when it goes, however it goes: whoever rehearses a failure
 * may be killed in the middle, and leaves no hole.
 *
 * @throws what the file system says; some have no sockets. EADDRINUSE: another process serves this folder
 */
export async function serveControl(dir: string, processes: Controlled): Promise<ControlServer> {
  const path = controlSocket(dir);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await chmod(dirname(path), 0o700); // it may have been there; fails if it is somebody else's
  const sockets = new Set<Socket>();
  const starting = new Set<Promise<void>>();
  let taken = false;
  let closed = false;

  function start(name: string): Promise<void> {
    if (closed) throw new Error('Brew is being stopped.');
    if (processes.isRunning(name)) throw new Error(`${name} runs already.`);
    const started = processes.again(name).finally(() => starting.delete(started));
    starting.add(started);
    return started;
  }

  async function answer(request: ControlRequest, ended: Set<string>): Promise<ControlAnswer> {
    try {
      if (request.do === 'kill') {
        if (processes.isRunning(request.name)) ended.add(request.name);
        await processes.kill(request.name, request.signal);
      } else await Promise.all(request.names.map(async (name) => start(name)));
      return { ok: true };
    } catch (error) {
      return { ok: false, problem: (error as Error).message };
    }
  }

  async function serve(socket: Socket): Promise<void> {
    if (taken || closed) {
      const problem = 'Another drill is under way on this Brew. Wait until it has ended.';
      socket.end(toLine({ ok: false, problem }));
      return;
    }
    taken = true;
    const ended = new Set<string>();
    try {
      socket.write(toLine({ ok: true }));
      for await (const line of linesOf(socket)) {
        socket.write(toLine(await answer(JSON.parse(line) as ControlRequest, ended)));
      }
    } catch {
      // It was killed, or does not speak our language: either way it has gone.
    }
    socket.destroy();
    const left = [...ended].filter((name) => !closed && !processes.isRunning(name));
    // One that does not start is reported as every process is that dies; one that is slow still comes.
    await Promise.allSettled(left.map(async (name) => start(name)));
    taken = false;
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
