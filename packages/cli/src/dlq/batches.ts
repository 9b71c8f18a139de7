import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ask, type Group } from './groups.ts';
import type { Batch, Letter } from './letters.ts';
import type { Selection } from './selection.ts';

/** What all batches did together. */
export interface Totals {
  action: string;
  redriven: number;
  alreadyDone: number;
  discarded: number;
  failed: number;
  /** Left as they are. */
  skipped: number;
  /** Asked for by their ids, and done by an earlier action, the same way. */
  doneBefore: number;
  keysLetGo: number;
}

export interface BatchRequest {
  selection: Selection;
  dryRun?: boolean;
  by: string;
  why?: string;
  /** Letters a second; undefined: as fast as it goes. */
  rate?: number;
}

/** Most that a service does in one call, which is one transaction. */
const MOST = 100;

/**
 * Goes through all letters of a selection, as one action of many calls. An abort ends it behind the call that is under way.
 * @param onBatch called after each
 * @returns whether it got to the end
 * @throws RequestFailedError: what the batches before did is done
 */
export async function inBatches(
  what: 'redrive' | 'discard',
  group: Group,
  { selection, rate, ...rest }: BatchRequest,
  onBatch: (batch: Batch, totals: Totals) => Promise<void>,
  signal: AbortSignal,
): Promise<boolean> {
  const action = randomUUID();
  const totals: Totals = { ...nothing, action };
  const limit = rate === undefined ? MOST : Math.min(MOST, Math.max(1, Math.floor(rate)));
  const parts = partsOf(selection);
  for (const part of parts) {
    let after: string | null = null;
    do {
      const begun = performance.now();
      const body = { ...part, ...rest, action, limit, ...(after !== null && { after }) };
      const batch: Batch = await ask(group, `/${what}`, { body });
      add(totals, batch, what);
      await onBatch(batch, totals);
      after = batch.next;
      if (after === null && part === parts.at(-1)) return true;
      if (rate !== undefined) {
        const ms = (sizeOf(batch) / rate) * 1_000 - (performance.now() - begun);
        await delay(Math.max(0, ms), undefined, { signal }).catch(() => {});
      }
    } while (after !== null && !signal.aborted);
    if (signal.aborted) return false;
  }
  return true;
}

export const nothing: Omit<Totals, 'action'> = {
  redriven: 0,
  alreadyDone: 0,
  discarded: 0,
  failed: 0,
  skipped: 0,
  doneBefore: 0,
  keysLetGo: 0,
};

/** Most ids that a service takes at once; it goes through them in batches, too. */
const MOST_IDS = 1_000;

/** Parts of the same size: of a single letter that can't go a service says no, and that would end all of it. */
function partsOf(selection: Selection): Selection[] {
  if (!('ids' in selection)) return [selection];
  const { ids } = selection;
  const size = Math.ceil(ids.length / Math.ceil(ids.length / MOST_IDS));
  return Array.from({ length: Math.ceil(ids.length / size) }, (_, index) => ({
    ids: ids.slice(index * size, (index + 1) * size),
  }));
}

function add(totals: Totals, batch: Batch, what: 'redrive' | 'discard'): void {
  totals.redriven += batch.redriven ?? 0;
  totals.alreadyDone += batch.alreadyDone ?? 0;
  totals.discarded += batch.discarded ?? 0;
  totals.failed += batch.failed?.length ?? 0;
  const { skipped = [] } = batch;
  const status = what === 'redrive' ? 'redriven' : 'discarded';
  const doneBefore = skipped.filter((each) => each.status === status).length;
  totals.skipped += skipped.length - doneBefore;
  totals.doneBefore += doneBefore;
  totals.keysLetGo += batch.keysLetGo;
}

const sizeOf = ({ redriven = 0, alreadyDone = 0, discarded = 0, failed = [] }: Batch): number =>
  redriven + alreadyDone + discarded + failed.length;

/** What a selection would take, without taking it. */
export async function dryRun(
  what: 'redrive' | 'discard',
  group: Group,
  request: BatchRequest,
  signal: AbortSignal,
): Promise<{ letters: Letter[]; skipped: NonNullable<Batch['skipped']> }> {
  // What waits behind a letter goes with it, and may also be one of a later batch.
  const letters = new Map<string, Letter>();
  const skipped: NonNullable<Batch['skipped']> = [];
  const keep = async (batch: Batch) => {
    for (const letter of batch.letters ?? []) letters.set(letter.id, letter);
    skipped.push(...(batch.skipped ?? []));
  };
  await inBatches(what, group, { ...request, dryRun: true }, keep, signal);
  return { letters: [...letters.values()], skipped };
}
