import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { BrewError } from '@brew/events';
import { ArgumentInvalidError } from '../errors.ts';
import type { Io } from '../io.ts';
import { fit } from '../text/format.ts';
import { prettifier } from './prettifier.ts';
import { followLines, lastLines } from './tail.ts';

export interface LogsOptions {
  /** How many lines of each log. */
  lines: number;
  follow?: boolean;
}

/** Shows the end of one log, or of all of them, and with `follow` what comes after it. */
export async function logs(
  service: string | undefined,
  { lines, follow }: LogsOptions,
  folder: string,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  const names = await logNames(folder, service);
  const width = names.length > 1 ? Math.max(...names.map((name) => name.length)) : 0;
  const pretty = prettifier(io);
  const print = (name: string, line: string) =>
    io.out((width > 0 ? `${io.paint('cyan', fit(name, width))}  ` : '') + pretty(line));

  const ends = new Map<string, number>();
  for (const name of names) {
    const last = await lastLines(join(folder, `${name}.log`), lines);
    ends.set(name, last.end);
    for (const line of last.lines) await print(name, line);
  }
  if (!follow) return;
  await Promise.all(
    names.map(async (name) => {
      const coming = followLines(join(folder, `${name}.log`), ends.get(name) ?? 0, signal);
      for await (const line of coming) await print(name, line);
    }),
  );
}

async function logNames(folder: string, service: string | undefined): Promise<string[]> {
  const files = await readdir(folder).catch(() => []);
  const names = files.filter((file) => file.endsWith('.log')).map((file) => basename(file, '.log'));
  if (names.length === 0) {
    throw new BrewError(
      'BREW_NOT_RUNNING',
      `There are no logs in ${folder} yet. Start Brew with: npm start; the logs of containers are shown by: docker compose logs`,
    );
  }
  if (service === undefined) return names.sort();
  if (!names.includes(service)) {
    throw new ArgumentInvalidError(
      `There is no log of ${service}.`,
      `Take one of: ${names.sort().join(', ')}.`,
    );
  }
  return [service];
}
