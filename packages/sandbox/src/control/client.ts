import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { ControlRefusedError } from '../errors.ts';
import { defaultDir } from '../paths.ts';
import { type ControlAnswer, type ControlRequest, linesOf, toLine } from './messages.ts';
import { controlSocket } from './socketPath.ts';

/** Ends and starts processes of a run, from another process. */
export interface ProcessControl extends AsyncDisposable {
  /** Resolves when it is gone. @throws ControlRefusedError: no such process runs */
  kill(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Ends one in order, or at once when that takes too long; resolves when it is gone, also when it did not run. @throws ControlRefusedError */
  end(name: string): Promise<void>;
  /** Starts processes again, all at once; resolves when they are ready. Two brokers that need each other can't start one after the other. @throws ControlRefusedError */
  start(...names: string[]): Promise<void>;
}

/**
 * Takes hold of the processes of a run: nobody else can end or start any as long as this is open. Whatever was ended by it and does not run
 * is started again when it is closed, also by the end of this process.
 * @throws ControlRefusedError: another process has hold of them, or the one that runs them does not answer
 */
export async function controlRun(dir: string = defaultDir): Promise<ProcessControl> {
  const { hold, ...control } = await connectTo(dir);
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
  const { hold: _, ...control } = await connectTo(dir);
  return control;
}

async function connectTo(dir: string): Promise<ProcessControl & { hold(): Promise<void> }> {
  const socket = await connect(controlSocket(dir));
  const lines = linesOf(socket);

  async function answer(): Promise<void> {
    const { value, done } = await lines.next().catch(() => ({ value: undefined, done: true }) as const);
    if (done) throw new ControlRefusedError('The process that runs Brew has ended. Look at: npx brew status');
    const said = JSON.parse(value) as ControlAnswer;
    if (!said.ok) throw new ControlRefusedError(said.problem);
  }

  // One line is answered by one line, so that the next request waits for the answer to the one before.
  let last: Promise<unknown> = Promise.resolve();
  const ask = (request: ControlRequest): Promise<void> => {
    const answered = last
      .catch(() => {})
      .then(() => {
        socket.write(toLine(request));
        return answer();
      });
    last = answered;
    return answered;
  };

  return {
    hold: () => ask({ do: 'hold' }),
    kill: (name, signal) => ask({ do: 'kill', name, signal }),
    end: (name) => ask({ do: 'end', name }),
    start: (...names) => ask({ do: 'start', names }),
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
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
