import type { Board, BoardSnapshot } from '../live/board.ts';
import { clock, duration, plain } from '../text/format.ts';
import { renderStep } from './renderSteps.ts';
import type { View } from './views.ts';

export interface PlainViewOptions {
  /** Writes a line. */
  write(line: string): void;
  board: Board;
  startedAt: number;
  /** Said once everything runs. */
  addresses: readonly string[];
}

/** How often a line tells how things are. */
const EVERY_MS = 5_000;
/** A step that takes longer is named while it goes on, so that a download does not look like a standstill. */
const LONG_STEP_MS = 5_000;

/** For pipes, files and CI: one line for one fact, no control sequences. */
export function createPlainView({ write, board, startedAt, addresses }: PlainViewOptions): View {
  const underWay = new Map<string, NodeJS.Timeout>();
  let timer: NodeJS.Timeout | undefined;
  let delivered = false;
  let reportedAt = 0;

  function report(): void {
    const snapshot = board.snapshot(Date.now());
    if (!delivered && snapshot.counts.delivered > 0) {
      delivered = true;
      write(`✔ the first order was delivered ${duration(Date.now() - startedAt)} after the start`);
    }
    if (Date.now() - reportedAt < EVERY_MS) return;
    reportedAt = Date.now();
    write(renderReport(snapshot, new Date()));
  }

  return {
    step(step) {
      clearTimeout(underWay.get(step.name));
      underWay.delete(step.name);
      if (step.state !== 'started') return write(renderStep(step, plain));
      underWay.set(
        step.name,
        setTimeout(() => write(`… ${step.name}`), LONG_STEP_MS),
      );
    },
    say: write,
    back() {}, // it was said
    died: ({ message }) => write(`✗ ${message}`),
    live() {
      write(`✔ Brew runs, after ${duration(Date.now() - startedAt)}; Ctrl-C stops it`);
      for (const address of addresses) write(`  ${address}`);
      timer = setInterval(report, 500);
    },
    close() {
      clearInterval(timer);
      for (const waiting of underWay.values()) clearTimeout(waiting);
    },
  };
}

/** "14:03:59  placed 3, paid 1, … delivered 241, cancelled 6; 8.1 events/s" */
export function renderReport({ counts, rates }: BoardSnapshot, at: Date): string {
  const states = Object.entries(counts).map(([state, count]) => `${state.replaceAll('_', ' ')} ${count}`);
  const events = rates.reduce((sum, { perSecond }) => sum + perSecond, 0);
  return `${clock(at)}  ${states.join(', ')}; ${events.toFixed(1)} events/s`;
}
