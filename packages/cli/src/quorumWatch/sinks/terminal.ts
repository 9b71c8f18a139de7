import type { Io } from '../../io.ts';
import { clock, duration, fit, type Paint, wrap } from '../../text/format.ts';
import type { Notice, Sink } from './sink.ts';

/** The longest name of an alert. */
const NAME_WIDTH = 20;
/** How far to the right messages begin: behind the time, the state and the name. */
const INDENT = 8 + 2 + 8 + 2 + NAME_WIDTH + 2;

/** A line for each notice, or more in a narrow terminal; JSON where a program reads it. */
export function terminalSink(io: Io, { json }: { json?: boolean }): Sink {
  let written = Promise.resolve();
  return {
    tell(notice) {
      const lines = json ? [JSON.stringify(notice)] : renderNotice(notice, io.columns(), io.paint);
      for (const line of lines) written = written.then(() => io.out(line));
    },
    [Symbol.asyncDispose]: () => written,
  };
}

export function renderNotice(notice: Notice, columns: number, paint: Paint): string[] {
  const { alert, state, at, since, message } = notice;
  const lasted = new Date(at).getTime() - new Date(since).getTime();
  const head = [
    clock(new Date(at)),
    state === 'firing' ? paint('red', 'FIRING  ') : paint('green', 'RESOLVED'),
    paint('bold', fit(alert, NAME_WIDTH)),
    '',
  ].join('  ');
  const text = state === 'firing' ? message : `after ${duration(lasted)}: ${message}`;
  const [first = '', ...more] = wrap(text, columns > 0 ? Math.max(NAME_WIDTH, columns - INDENT) : 0);
  return [head + first, ...more.map((line) => ' '.repeat(INDENT) + line)];
}
