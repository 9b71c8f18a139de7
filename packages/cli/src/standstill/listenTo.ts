import type { Io } from '../io.ts';

/** With the look at what may be why, a command that waits says so within some 10 s. */
const SILENCE_MS = 5_000;

export interface Listening {
  /** The same, listened to. */
  io: Io;
  /** From now on, whenever nothing has been said for a while, what `look` finds is, once. */
  begin(look: () => Promise<string[]>): void;
  end(): void;
}

/** Listens to what a command says: none is silent for long while something stands still that it may wait for. */
export function listenTo(io: Io, silenceMs = SILENCE_MS): Listening {
  let words = 0;
  let lastNote: string | undefined;
  let timer: NodeJS.Timeout | undefined;
  let told = '';
  const heard = () => {
    words += 1;
    timer?.refresh();
  };
  async function onSilence(look: () => Promise<string[]>): Promise<void> {
    const before = words;
    const lines = await look().catch(() => []);
    if (timer === undefined || words !== before) return;
    const text = lines.join('\n');
    if (text !== '' && text !== told) {
      io.note('brew: Nothing has come for a while. This may be why:');
      for (const line of lines) io.note(`  ${line}`);
    }
    told = text;
    timer.refresh();
  }
  const { raw } = io;
  return {
    io: {
      ...io,
      out(line) {
        heard();
        return io.out(line);
      },
      ...(raw && {
        raw(line) {
          heard();
          return raw(line);
        },
      }),
      note(line) {
        // A progress that makes none says nothing.
        if (line !== lastNote) heard();
        lastNote = line;
        io.note(line);
      },
    },
    begin(look) {
      timer = setTimeout(() => void onSilence(look), silenceMs).unref();
    },
    end() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
