import type { Library } from '@brew/kafka';
import { onOneLine } from '../text/visible.ts';
import type { ProcessStatus } from './renderStatus.ts';

/**
 * Who takes longer is shown as one that does not answer. Longer than a service waits for its parts to say how they are (ANSWER_MS in health.ts
 * of @brew/service): that is just when it has something to tell.
 */
const PATIENCE_MS = 5_000;

/** @param url where it tells how it is */
export async function healthOf(
  url: string,
): Promise<Pick<ProcessStatus, 'state' | 'standsStill' | 'library'>> {
  const health = await tellsHealth(url);
  if (health === undefined) return { state: 'no_answer', standsStill: 'it does not answer' };
  const standsStill = troubleIn(health);
  const library = health.dependencies?.kafka?.library;
  return {
    state: health.status,
    ...(standsStill !== undefined && { standsStill }),
    ...(library !== undefined && { library }),
  };
}

interface HealthAnswer {
  status: 'ready' | 'degraded' | 'not_ready';
  waitingFor?: string;
  dependencies?: Record<string, { up: boolean; detail?: string; needsStaff?: boolean; library?: Library }>;
}

/** Undefined where nobody tells. */
async function tellsHealth(url: string): Promise<HealthAnswer | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    return (await response.json()) as HealthAnswer;
  } catch {
    return undefined;
  }
}

const LONGEST = 300;

/** What does not get on, and why, and what somebody has to do something about, in a line; undefined when there is nothing. */
function troubleIn({ waitingFor, dependencies = {} }: HealthAnswer): string | undefined {
  const down = Object.entries(dependencies).flatMap(([name, { up, detail, needsStaff }]) =>
    up && !needsStaff ? [] : [detail === undefined ? name : `${name}: ${detail}`],
  );
  const all = [...(waitingFor === undefined ? [] : [`it waits for ${waitingFor}`]), ...down].join('; ');
  // A detail may quote what a record says.
  const line = onOneLine(all);
  if (line === '') return undefined;
  return line.length > LONGEST ? `${line.slice(0, LONGEST)} …` : line;
}
