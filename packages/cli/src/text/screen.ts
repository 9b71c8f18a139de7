import type { Io } from '../io.ts';

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
  const { default: logUpdate } = await import('log-update');
  return {
    show: async (lines) => logUpdate(lines.join('\n')),
    done: () => logUpdate.done(),
  };
}
