import { prettyFactory } from 'pino-pretty';
import type { Io } from '../io.ts';
import { ownColours, visible } from '../text/visible.ts';

/** Our services log JSON, which is made readable; Kafka, PostgreSQL and the registry write for people already. */
export function prettifier({ paint }: Pick<Io, 'paint'>): (line: string) => string {
  const pretty = prettyFactory({
    colorize: paint('bold', '') !== '',
    ignore: 'service,pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
  return (line) => {
    const object = logObjectIn(line);
    return object ? ownColours(pretty(object).trimEnd()) : line;
  };
}

/** With its texts visible, since colours are put among them. */
function logObjectIn(line: string): object | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const object = JSON.parse(line, (_, value) =>
      typeof value === 'string' ? visible(value) : value,
    ) as object;
    return 'level' in object ? object : undefined;
  } catch {
    return undefined;
  }
}
