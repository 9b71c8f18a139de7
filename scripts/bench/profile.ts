import { setTimeout as delay } from 'node:timers/promises';

/** A CPU profile as V8's inspector gives it; of it, what is read here. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string; lineNumber: number } }[];
  /** Which node was at work, sample by sample. */
  samples: number[];
  /** Microseconds before each sample. */
  timeDeltas: number[];
}

/** Where SIGUSR1 makes a Node process listen for its inspector. */
const INSPECTOR = 'http://127.0.0.1:9229/json/list';
const INTERVAL_MICROSECONDS = 500;

/**
 * Profiles a Node process that runs already, over the inspector that it opens at SIGUSR1: unlike `--cpu-prof`, this
 * leaves the start and the warm-up out.
 * @returns what ends it
 */
export async function startProfile(pid: number): Promise<() => Promise<CpuProfile>> {
  if (await inspectorUrl())
    throw new Error('Another process is being debugged on port 9229. End that first.');
  process.kill(pid, 'SIGUSR1');
  let url: string | undefined;
  for (let attempts = 0; url === undefined; attempts++) {
    if (attempts === 50) throw new Error(`Process ${pid} opened no inspector.`);
    await delay(100);
    url = await inspectorUrl();
  }
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = reject;
  });
  let id = 0;
  const call = (method: string, params = {}) => {
    const own = ++id;
    socket.send(JSON.stringify({ id: own, method, params }));
    return new Promise<{ profile: CpuProfile }>((resolve) => {
      socket.addEventListener('message', function listen({ data }) {
        const answer = JSON.parse(data);
        if (answer.id !== own) return;
        socket.removeEventListener('message', listen);
        resolve(answer.result);
      });
    });
  };
  await call('Profiler.enable');
  await call('Profiler.setSamplingInterval', { interval: INTERVAL_MICROSECONDS });
  await call('Profiler.start');
  return async () => {
    const { profile } = await call('Profiler.stop');
    socket.close();
    return profile;
  };
}

async function inspectorUrl(): Promise<string | undefined> {
  try {
    const [target] = (await (await fetch(INSPECTOR)).json()) as { webSocketDebuggerUrl: string }[];
    return target?.webSocketDebuggerUrl;
  } catch {
    return undefined; // nobody listens
  }
}

/** Functions by the time that they were at work themselves, most first: percent of the profiled time. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): { name: string; percent: number }[] {
  const names = new Map(
    nodes.map(({ id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || '(anonymous)'} ${url && `${shorten(url)}:${lineNumber + 1}`}`.trim(),
    ]),
  );
  const times = new Map<string, number>();
  const total = timeDeltas.reduce((sum, delta) => sum + delta, 0);
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? '';
    // A sample stands for the time until the next one.
    times.set(name, (times.get(name) ?? 0) + (timeDeltas[index + 1] ?? 0));
  }
  return [...times]
    .map(([name, time]) => ({ name, percent: (time / total) * 100 }))
    .sort((a, b) => b.percent - a.percent);
}

/** The package and the file: what stands before the last node_modules, or the checkout, is the same in all lines. */
const shorten = (url: string) =>
  url.replace(/^.*\/node_modules\//, '').replace(/^.*\/(?=(packages|services)\/)/, '');
