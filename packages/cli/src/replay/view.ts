import type { Io } from '../io.ts';
import { createUpdates } from '../text/screen.ts';
import type { Comparison, Outcome, Plan, Progress, ReplayMessages } from './messages.ts';
import { progressModel, renderBar, renderPartitions, renderProgress } from './renderProgress.ts';
import { renderComparisons, renderHeld, renderOutcome, renderPlan } from './renderReplay.ts';

/** Shows what a replay tells. */
export interface View {
  show<Event extends keyof ReplayMessages>(event: Event, message: ReplayMessages[Event]): Promise<void>;
  close(): void;
}

/** Where nothing can be rewritten, a line now and then is enough. */
const LINE_MS = 2_000;

/** A bar that moves in a terminal; lines elsewhere; with `json`, each message as it is, one a line. */
export async function createView(
  io: Io,
  { json, verbose }: { json?: boolean; verbose?: boolean },
): Promise<View> {
  if (json) {
    return { show: (event, message) => io.out(JSON.stringify({ event, ...message })), close() {} };
  }
  const isTerminal = io.columns() > 0;
  const screen = isTerminal ? await createUpdates() : undefined;
  const begun = performance.now();
  let saidAt = Number.NEGATIVE_INFINITY;

  async function progress(now: Progress): Promise<void> {
    const model = progressModel(now, performance.now() - begun);
    const details = verbose ? renderPartitions(now) : [];
    if (screen) screen([renderBar(model, io.paint), ...details].join('\n'));
    else if (performance.now() - saidAt > LINE_MS) {
      saidAt = performance.now();
      for (const line of [renderProgress(model), ...details]) await io.out(line);
    }
  }

  const show = {
    plan: (plan: Plan) => say(renderPlan(plan, io.paint)),
    progress,
    comparison: (message: { comparisons: Comparison[] }) =>
      say(renderComparisons(message.comparisons, io.paint)),
    held: (message: { sessions: string[] }) => say([renderHeld(message, io.paint)]),
    done: (outcome: Outcome) => say([renderOutcome(outcome, io.paint)]),
    failed: async () => {},
  };

  /** What was drawn last stays above it. */
  async function say(lines: readonly string[]): Promise<void> {
    screen?.done();
    for (const line of lines) await io.out(line);
  }

  return {
    show: (event, message) => show[event](message as never),
    close: () => screen?.done(),
  };
}
