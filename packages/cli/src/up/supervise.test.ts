import type { startSystem as StartSystem, System } from '@brew/sandbox';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { supervise } from './supervise.ts';
import type { View } from './views.ts';

type Start = typeof StartSystem;
type StartOptions = NonNullable<Parameters<Start>[0]>;

const settings = {
  dir: '/brew',
  ports: undefined,
  rate: 1,
  speed: 60,
  kafka: 'combined' as const,
  equalPriorities: false,
};

function recordingView(onLive: () => void = () => {}): View & { lines: string[] } {
  const lines: string[] = [];
  return {
    lines,
    step: ({ name, state }) => void lines.push(`${state} ${name}`),
    say: (line) => void lines.push(line),
    back: (name) => void lines.push(`back ${name}`),
    died: ({ name, message }) => void lines.push(`died ${name}: ${message}`),
    live() {
      lines.push('live');
      onLive();
    },
    close() {},
  };
}

/** A system of two processes that ends when it is told to. */
function createSystem(end: (now: boolean) => Promise<void> = async () => {}) {
  let names = ['order', 'postgres'];
  const stops: boolean[] = [];
  const start = (async (options: StartOptions) => {
    options.onStep?.({ name: 'order', state: 'done', ms: 1 });
    const system: Pick<System, 'processes' | 'stop'> = {
      processes: () => names.map((name) => ({ name }) as ReturnType<System['processes']>[number]),
      async stop({ now = false } = {}) {
        stops.push(now);
        await end(now);
        names = [];
      },
    };
    return system as System;
  }) as Start;
  return { start, stops };
}

afterEach(() => {
  jest.restoreAllMocks();
});

const interrupt = () => void process.emit('SIGINT');

describe('supervise', () => {
  it('stops in order when it is asked to, and says who has ended', async () => {
    const { start, stops } = createSystem();
    const view = recordingView(interrupt);
    expect(await supervise({ settings, view, startSystem: start })).toBe(0);
    expect(stops).toEqual([false]);
    expect(view.lines).toEqual([
      'done order',
      'live',
      expect.stringMatching(/^Stopping/),
      'done order stopped',
      'done postgres stopped',
      expect.stringMatching(/^Stopped.*\/brew/),
      expect.stringMatching(/npx brew down/),
    ]);
  });

  it('takes a Ctrl-C that comes twice, from the terminal and from npm, for one', async () => {
    const { start, stops } = createSystem(async () => interrupt());
    await supervise({ settings, view: recordingView(interrupt), startSystem: start });
    expect(stops).toEqual([false]);
  });

  it('stops at once when it is asked again', async () => {
    let ms = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => {
      ms += 1_000;
      return ms;
    });
    const atOnce = Promise.withResolvers<void>();
    const { start, stops } = createSystem(async (now) => {
      if (now) atOnce.resolve();
      else interrupt();
      await atOnce.promise;
    });
    const view = recordingView(interrupt);
    expect(await supervise({ settings, view, startSystem: start })).toBe(0);
    expect(stops).toEqual([false, true]);
  });

  it('closes what shows the system before the system stops', async () => {
    const order: string[] = [];
    const { start } = createSystem(async () => void order.push('system'));
    const follow = () => ({ [Symbol.asyncDispose]: async () => void order.push('feed') });
    await supervise({ settings, view: recordingView(interrupt), follow, startSystem: start });
    expect(order).toEqual(['feed', 'system']);
  });

  it('gives a start up when it is asked to stop, and says so', async () => {
    const start = (({ signal }: StartOptions) =>
      new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
        interrupt();
      })) as Start;
    const view = recordingView();
    expect(await supervise({ settings, view, startSystem: start })).toBe(130);
    expect(view.lines).toEqual([expect.stringMatching(/^Giving up/), 'Stopped.']);
  });

  it('throws what a start fails with', async () => {
    const start = (async () => {
      throw new Error('port taken');
    }) as Start;
    await expect(supervise({ settings, view: recordingView(), startSystem: start })).rejects.toThrow(
      'port taken',
    );
  });

  it('shows who died, and goes on', async () => {
    const { start } = createSystem();
    const dying = (async (options: StartOptions) => {
      const system = await start(options);
      setImmediate(() => {
        options.onExit?.(new Error('kitchen ended by itself') as never, 'kitchen');
        options.onFate?.('kitchen', { state: 'back', deaths: 1, at: '2026-01-01T12:00:00.000Z' });
        options.onFate?.('courier', undefined);
        options.onDisk?.('The disk is nearly full.');
        interrupt();
      });
      return system;
    }) as Start;
    const view = recordingView();
    expect(await supervise({ settings, view, startSystem: dying })).toBe(0);
    expect(view.lines).toEqual(
      expect.arrayContaining([
        'died kitchen: kitchen ended by itself',
        expect.stringMatching(/^kitchen died, and runs again since /),
        'back kitchen',
        'courier is started.',
        'The disk is nearly full.',
      ]),
    );
  });

  it('leaves no signal handler behind', async () => {
    const before = process.listenerCount('SIGINT');
    await supervise({ settings, view: recordingView(interrupt), startSystem: createSystem().start });
    expect(process.listenerCount('SIGINT')).toBe(before);
  });
});
