import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogUpdate } from 'log-update';
import { createBoard } from '../live/board.ts';
import { plain } from '../text/format.ts';
import { createTerminalView } from './terminalView.ts';
import type { View } from './views.ts';

let view: View | undefined;
afterEach(() => view?.close());

/** A terminal that keeps what it is sent. */
function createTerminal() {
  const listeners = new Set<() => void>();
  return {
    isTTY: true,
    columns: 80,
    rows: 30,
    written: '',
    write(text: string) {
      this.written += text;
      return true;
    },
    on: (_event: 'resize', listener: () => void) => void listeners.add(listener),
    off: (_event: 'resize', listener: () => void) => void listeners.delete(listener),
    listeners,
  };
}

function open() {
  const terminal = createTerminal();
  view = createTerminalView({
    screen: createLogUpdate(terminal as unknown as NodeJS.WriteStream, { showCursor: true }),
    stream: terminal,
    paint: plain,
    board: createBoard(['brew.orders.v1']),
    startedAt: Date.now(),
    addresses: [{ what: 'menu', url: 'http://localhost:3001/menu' }],
    stale: () => undefined,
  });
  return { terminal, view };
}

describe('the terminal view', () => {
  it('shows what is under way, and leaves what is done above it', () => {
    const { terminal, view } = open();
    view.step({ name: 'kafka-1', state: 'started', ms: 0 });
    expect(terminal.written).toContain('… kafka-1');
    view.step({ name: 'kafka-1', state: 'done', ms: 8_200 });
    expect(terminal.written).toContain('✔ kafka-1                   8.2 s');
  });

  it('shows the live view, with who died, and draws it anew when the terminal changes its size', () => {
    const { terminal, view } = open();
    view.live();
    expect(terminal.written).toContain('placed  paid  preparing');
    view.died({
      name: 'kitchen',
      message: 'kitchen ended by itself (signal SIGKILL).\nlast line of its log',
    });
    expect(terminal.written).toContain('last line of its log');
    expect(terminal.written).toContain('✗ kitchen ended by itself (signal SIGKILL).');
    terminal.columns = 30;
    terminal.written = '';
    for (const listener of terminal.listeners) listener();
    expect(terminal.written).toContain('✗ kitchen ended by itself (si…');
    terminal.written = '';
    view.back('kitchen');
    expect(terminal.written).not.toContain('kitchen');
  });

  it('ends with the terminal as it was', () => {
    const { terminal, view } = open();
    view.live();
    view.close();
    expect(terminal.listeners.size).toBe(0);
    terminal.written = '';
    view.say('Stopped.');
    expect(terminal.written).toContain('Stopped.');
  });
});
