import type { Board } from '../live/board.ts';
import { type Address, renderLive, type Trouble } from '../live/renderLive.ts';
import type { Paint } from '../text/format.ts';
import { renderStep, renderUnderWay } from './renderSteps.ts';
import type { View } from './views.ts';

/** What log-update does: rewrites its last lines in place, and lets others stay above them. */
interface Screen {
  (text: string): void;
  persist(...lines: string[]): void;
  clear(): void;
  done(): void;
}

export interface TerminalViewOptions {
  screen: Screen;
  stream: {
    columns: number;
    rows: number;
    on(event: 'resize', listener: () => void): void;
    off(event: 'resize', listener: () => void): void;
  };
  paint: Paint;
  board: Board;
  startedAt: number;
  addresses: readonly Address[];
  /** Why the numbers stand still, if they do. */
  stale(): string | undefined;
}

/** Slow enough to read and to cost nothing, fast enough to look alive. */
const STEPS_MS = 250;
const LIVE_MS = 1_000;

/** For a terminal: finished steps scroll up, and below them what is under way, then the live view, drawn in place. */
export function createTerminalView(options: TerminalViewOptions): View {
  const { screen, stream, paint, board, startedAt, addresses, stale } = options;
  const underWay = new Map<string, number>();
  let troubles: Trouble[] = [];
  let isLive = false;
  let timer = setInterval(draw, STEPS_MS);

  function draw(): void {
    const now = Date.now();
    const { columns, rows } = stream;
    if (!isLive) {
      screen(renderUnderWay(underWay, now, columns, paint));
      return;
    }
    const model = { ...board.snapshot(now), runningMs: now - startedAt, addresses, troubles, stale: stale() };
    screen(renderLive(model, { columns, rows }, paint));
  }
  stream.on('resize', draw);

  return {
    step(step) {
      if (step.state === 'started') underWay.set(step.name, Date.now());
      else {
        underWay.delete(step.name);
        screen.persist(renderStep(step, paint));
      }
      draw();
    },
    say(line) {
      screen.persist(line);
      draw();
    },
    died({ name, message }) {
      screen.persist(paint('red', `✗ ${message}`));
      const [line = ''] = message.split('\n');
      troubles.push({ name, line });
      draw();
    },
    back(name) {
      troubles = troubles.filter((trouble) => trouble.name !== name);
      draw();
    },
    live() {
      isLive = true;
      clearInterval(timer);
      timer = setInterval(draw, LIVE_MS);
      draw();
    },
    close() {
      clearInterval(timer);
      stream.off('resize', draw);
      if (!isLive) screen.clear();
      screen.done();
      isLive = false;
    },
  };
}
