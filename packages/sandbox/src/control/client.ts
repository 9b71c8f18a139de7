import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import { ControlRefusedError } from '../errors.ts';
import { defaultDir } from '../paths.ts';
import { type ControlAnswer, type ControlRequest, linesOf, toLine } from './messages.ts';
import { controlSocket } from './socketPath.ts';

/** Ends and starts processes of a run, from another process. Nobody else can as long as this is open. */
export interface ProcessControl extends AsyncDisposable {
  /** Resolves when it is gone. @throws ControlRefusedError: no such process runs */
  kill(name: string, signal: NodeJS.Signals): Promise<void>;
  /** Starts processes again, all at once; resolves when they are ready. Two brokers that need each other can't start one after the other. @throws ControlRefusedError */
  start(...names: string[]): Promise<void>;
}

/**
 * Takes hold of the processes of a run. Whatever was ended by it and does not run is started again when it is closed, also by the
 * end of this process.
 * @throws ControlRefusedError: another process has hold of them, or the one that runs them does not answer
 */
export async function controlRun(dir: string = defaultDir): Promise<ProcessControl> {
  const socket = await connect(controlSocket(dir));
  const lines = linesOf(socket);

  async function answer(): Promise<void> {
    const { value, done } = await lines.next().catch(() => ({ value: undefined, done: true }) as const);
    if (done) throw new ControlRefusedError('The process that runs Brew has ended. Look at: npx brew status');
    const said = JSON.parse(value) as ControlAnswer;
    if (!said.ok) throw new ControlRefusedError(said.problem);
  }

  // One line is answered by one line, so that the next request waits for the answer to the one before.
  let last: Promise<unknown> = answer();
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

  await last.catch((error) => {
    socket.destroy();
    throw error;
  });
  return {
    kill: (name, signal) => ask({ do: 'kill', name, signal }),
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
