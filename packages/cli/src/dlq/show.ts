import type { Io } from '../io.ts';
import { ask, askSummary, groupNamed, type Server } from './groups.ts';
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
  const asked = groupNamed(group, server);
  const letter = await ask<LetterDetails>(asked, `/${id}`, { signal });
  if (json) {
    await io.out(JSON.stringify(letter, null, 2));
    return;
  }
  // Where a service redrives nothing, it says what to do instead.
  const { instead } = letter.redrivable || letter.status !== 'waiting' ? {} : await askSummary(asked, signal);
  const lines = renderDetails(letter, {
    now: new Date(),
    columns: io.columns(),
    paint: io.paint,
    ...(instead !== undefined && { instead }),
  });
  for (const line of lines) await io.out(line);
}
