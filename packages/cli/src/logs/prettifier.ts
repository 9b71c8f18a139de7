import { prettyFactory } from 'pino-pretty';
import type { Io } from '../io.ts';

/** Our services log JSON, which is made readable; Kafka, PostgreSQL and the registry write for people already. */
export function prettifier({ paint }: Pick<Io, 'paint'>): (line: string) => string {
  const pretty = prettyFactory({
    colorize: paint('bold', '') !== '',
    ignore: 'service,pid,hostname',
    translateTime: 'SYS:HH:MM:ss.l',
    singleLine: true,
  });
  return (line) => (isLogObject(line) ? pretty(line).trimEnd() : line);
}

function isLogObject(line: string): boolean {
  if (!line.startsWith('{')) return false;
  try {
    return 'level' in (JSON.parse(line) as object);
  } catch {
    return false;
  }
}
