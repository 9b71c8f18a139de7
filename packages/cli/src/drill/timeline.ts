import { delay } from '@brew/kafka';
import type { Io } from '../io.ts';
import { fit, grouped } from '../text/format.ts';

/** What happens, with the milliseconds since the failure; told as it happens. */
export interface Timeline extends Disposable {
  /**
   * From now on it counts from here.
   * @param asides what is told in between if it happens, until the next beginning
   */
  begin(title: string, asides?: readonly Milestone[]): Promise<void>;
  /** When it began, on the clock of performance.now(). */
  readonly since: number;
  /** @param event a word for machines, such as isr-shrunk */
  say(event: string, text: string): Promise<void>;
  /** Tells each of these when it happens. @returns whether all of them have, in time. @throws the signal's reason */
  untilAll(
    milestones: readonly Milestone[],
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<boolean>;
}

/** Something that is expected to happen. */
export interface Milestone {
  event: string;
  /** What it is called when it does not happen in time. */
  name: string;
  /** What is said of it once it has happened; undefined until then. */
  seen(): string | undefined;
}

/** How often milestones are looked at. */
const LOOK_MS = 20;

export function createTimeline(io: Io, { json }: { json?: boolean | undefined }): Timeline {
  let since = performance.now();
  let asides = new Set<Milestone>();

  async function say(event: string, text: string): Promise<void> {
    const ms = Math.round(performance.now() - since);
    await io.out(json ? JSON.stringify({ ms, event, text }) : `${fit(grouped(ms), 9, 'right')} ms  ${text}`);
  }

  async function look(open: Set<Milestone>): Promise<void> {
    for (const milestone of open) {
      const text = milestone.seen();
      if (text === undefined) continue;
      open.delete(milestone);
      await say(milestone.event, text);
    }
  }

  const looking = setInterval(() => void look(asides), LOOK_MS);
  return {
    get since() {
      return since;
    },
    async begin(title, expected = []) {
      if (!json) for (const line of ['', io.paint('bold', title)]) await io.out(line);
      since = performance.now();
      asides = new Set(expected);
    },
    say,
    async untilAll(milestones, { timeoutMs, signal }) {
      const open = new Set(milestones);
      const deadline = performance.now() + timeoutMs;
      while (true) {
        signal.throwIfAborted();
        await look(open);
        if (open.size === 0) return true;
        if (performance.now() > deadline) break;
        await delay(LOOK_MS, signal);
      }
      for (const { event, name } of open)
        await say(`no-${event}`, `not within ${Math.round(timeoutMs / 1_000)} s: ${name}`);
      return false;
    },
    [Symbol.dispose]: () => clearInterval(looking),
  };
}
