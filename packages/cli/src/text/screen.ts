import type { Io } from '../io.ts';
import { visible } from './visible.ts';

/** Shows something that changes: in a terminal in place, elsewhere one state after the other. */
export interface Screen {
  show(lines: readonly string[]): Promise<void>;
  /** Leaves what is shown. */
  done(): void;
}

export async function openScreen(io: Io): Promise<Screen> {
  if (io.columns() === 0) {
    let before = '';
    return {
      async show(lines) {
        const text = lines.join('\n');
        // A pipe or a log wants what is new.
        if (text !== before) await io.out(before === '' ? text : `\n${text}`);
        before = text;
      },
      done: () => {},
    };
  }
  const updates = await createUpdates();
  return {
    show: async (lines) => updates(lines.join('\n')),
    done: () => updates.done(),
  };
}

/** The last lines of the terminal, written anew in place; others may stay above them. */
export async function createUpdates() {
  const { createLogUpdate } = await import('log-update');
  const update = createLogUpdate(process.stdout);
  return Object.assign((text: string) => update(visible(text)), {
    persist: (...lines: string[]) => update.persist(...lines.map(visible)),
    clear: () => update.clear(),
    done: () => update.done(),
  });
}
