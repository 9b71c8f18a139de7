import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import type { Library } from '@brew/kafka';
import { ControlRefusedError } from '../errors.ts';
import { defaultDir } from '../paths.ts';
import { readRun } from '../processes/runFile.ts';
import { type ControlAnswer, type ControlRequest, linesOf, type Told, toLine } from './messages.ts';
import { controlSocket } from './socketPath.ts';

/** Who says nothing for so long hangs: while it is at it, it says so every second, however long that takes. */
const SILENCE_MS = 10_000;
/** The same where it is only asked for what it has at hand. */
const TELL_MS = 3_000;

/** Ends and starts processes of a run, from another process. Who does not answer is waited for no longer than 10 s. */
export interface ProcessControl extends AsyncDisposable {
  /** Resolves when it is gone. @throws ControlRefusedError: no such process runs */
  kill(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Ends one in order, or at once when that takes too long; resolves when it is gone, also when it did not run. @throws ControlRefusedError */
  end(name: string): Promise<void>;
  /**
   * Ends one in order and starts it again; resolves when it is ready. Goes on when this process ends.
   * @param library by which it talks to Kafka from then on, with each start of this run; left out: as before
   * @throws ControlRefusedError, also when somebody else stops it meanwhile; when it has no library to choose, nothing was done
   */
  restart(name: string, library?: Library): Promise<void>;
  /** Starts processes again, all at once; resolves when they are ready. Two brokers that need each other can't start one after the other. @throws ControlRefusedError */
  start(...names: string[]): Promise<void>;
}

/**
 * Takes hold of the processes of a run: nobody else can end or start any as long as this is open. Whatever was ended by it and does not run
 * is started again when it is closed, also by the end of this process.
 * @throws ControlRefusedError: another process has hold of them, or the one that runs them does not answer
 */
export async function controlRun(dir: string = defaultDir): Promise<ProcessControl> {
  const { hold, tell: _, ...control } = await connectTo(dir);
  await hold().catch(async (error) => {
    await control[Symbol.asyncDispose]();
    throw error;
  });
  return control;
}

/**
 * The same by hand, for a word or two: what was ended stays away until somebody starts it, and what is being started goes on when this is
 * closed.
 * @throws ControlRefusedError: the process that runs them does not answer
 */
export async function controlByHand(dir: string = defaultDir): Promise<ProcessControl> {
  const { hold: _, tell: __, ...control } = await connectTo(dir);
  return control;
}

/** What becomes of processes of a run, as the one that runs them knows it; undefined when it does not answer. */
export async function tellRun(dir: string = defaultDir): Promise<Told | undefined> {
  try {
    await using control = await connectTo(dir, TELL_MS);
    return await control.tell();
  } catch (error) {
    if (error instanceof ControlRefusedError) return undefined;
    throw error;
  }
}

interface Connected extends ProcessControl {
  hold(): Promise<void>;
  tell(): Promise<Told | undefined>;
}

async function connectTo(dir: string, silenceMs = SILENCE_MS): Promise<Connected> {
  const socket = await connect(controlSocket(dir));
  const silent = await silentError(dir, silenceMs);
  socket.on('timeout', () => socket.destroy(silent));
  const lines = linesOf(socket);

  async function answer(): Promise<Told | undefined> {
    socket.setTimeout(silenceMs);
    for (;;) {
      const { value, done } = await lines.next().catch((error) => {
        if (error === silent) throw error;
        return { value: undefined, done: true } as const;
      });
      if (done)
        throw new ControlRefusedError('The process that runs Brew has ended. Look at: npx brew status');
      const said = JSON.parse(value) as ControlAnswer;
      if ('isAtIt' in said) continue;
      socket.setTimeout(0);
      if (!said.ok) throw new ControlRefusedError(said.problem);
      return said.told;
    }
  }

  // One line is answered by one line, so that the next request waits for the answer to the one before.
  let last: Promise<unknown> = Promise.resolve();
  const ask = (request: ControlRequest) => {
    const answered = last
      .catch(() => {})
      .then(() => {
        socket.write(toLine({ ...request, by: Date.now() + silenceMs }));
        return answer();
      });
    last = answered;
    return answered;
  };

  return {
    hold: async () => void (await ask({ do: 'hold' })),
    kill: async (name, signal) => void (await ask({ do: 'kill', name, signal })),
    end: async (name) => void (await ask({ do: 'end', name })),
    restart: async (name, library) => void (await ask({ do: 'restart', name, ...(library && { library }) })),
    start: async (...names) => void (await ask({ do: 'start', names })),
    tell: () => ask({ do: 'tell' }),
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

async function silentError(dir: string, silenceMs: number): Promise<ControlRefusedError> {
  const pid = (await readRun(dir))?.pid;
  const who =
    pid === undefined ? `Whoever listens at ${controlSocket(dir)}` : `Process ${pid}, which runs Brew,`;
  const todo =
    pid === undefined
      ? 'End it, and try again.'
      : `If it is frozen, it goes on with: kill -CONT ${pid}; then do this again. Otherwise end all of it with: npx brew stop --now`;
  return new ControlRefusedError(`${who} has not answered for ${silenceMs / 1_000} s. ${todo}`);
}

async function connect(path: string): Promise<Socket> {
  const socket = createConnection(path);
  try {
    await once(socket, 'connect');
  } catch (error) {
    throw new ControlRefusedError(
      `The process that runs Brew does not listen at ${path}. If it was started by an older version, stop it and start it again.`,
      error,
    );
  }
  socket.on('error', () => {}); // told to whoever reads from it
  return socket;
}
