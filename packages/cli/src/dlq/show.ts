import type { Io } from '../io.ts';
import { ask, type Server, urlOf } from './groups.ts';
import type { LetterDetails } from './letters.ts';
import { renderDetails } from './renderDetails.ts';

/**
 * Shows one letter with all that there is of it.
 * @throws ArgumentInvalidError, RequestFailedError
 */
export async function show(
  group: string,
  id: string,
  { json }: { json?: boolean },
  server: Server,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  const letter = await ask<LetterDetails>(urlOf(group, server), `/${id}`, { signal });
  const lines = json
    ? [JSON.stringify(letter, null, 2)]
    : renderDetails(letter, { now: new Date(), columns: io.columns(), paint: io.paint });
  for (const line of lines) await io.out(line);
}
