import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { LoadMessage, LoadResult, Plan, Progress } from './load.ts';

/** The load generator, seen from the benchmark. */
export interface Driver extends Disposable {
  pid: number;
  /** Carries out one plan; the one before it must be through. */
  drive(plan: Plan, onProgress: (progress: Progress) => void): Drive;
}

/** A plan that is carried out. All of it rejects when the load generator ends. */
interface Drive {
  /** The warm-up is over. */
  measuring: Promise<unknown>;
  /** No more orders are sent. */
  driven: Promise<unknown>;
  /** The last answer has come, or was given up. */
  answered: Promise<{ progress: Progress; result: LoadResult }>;
}

export function startDriver(): Driver {
  const child = fork(join(import.meta.dirname, 'load.ts'));
  const died = new Promise<never>((_, reject) => {
    child.on('error', reject);
    child.once('exit', (code) => reject(new Error(`The load generator ended with ${code}.`)));
  });
  died.catch(() => {});

  function until<Phase extends LoadMessage['phase']>(phase: Phase) {
    type Message = Extract<LoadMessage, { phase: Phase }>;
    const come = new Promise<Message>((resolve) => {
      child.on('message', function listen(message: LoadMessage) {
        if (message.phase !== phase) return;
        child.off('message', listen);
        resolve(message as Message);
      });
    });
    const either = Promise.race([come, died]);
    either.catch(() => {}); // who waits for one of them hears of it
    return either;
  }

  return {
    pid: child.pid ?? 0,
    drive(plan, onProgress) {
      const listen = (message: LoadMessage) => {
        if (message.phase === 'driving') onProgress(message.progress);
      };
      child.on('message', listen);
      const answered = until('answered');
      answered.finally(() => child.off('message', listen)).catch(() => {});
      const drive = { measuring: until('measuring'), driven: until('driven'), answered };
      child.send(plan);
      return drive;
    },
    // It ends with the channel to its parent, also when that was killed.
    [Symbol.dispose]() {
      if (child.connected) child.disconnect();
    },
  };
}
