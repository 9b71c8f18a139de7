import { setTimeout as sleep } from 'node:timers/promises';
import { backoff, type ReceivedRecord, sift, verdictOf } from '@brew/kafka';
import {
  isOutage,
  letIdleKeysGo,
  lockKeys,
  lockWaiting,
  noteRedriveFailure,
  readLetters,
  resolveLetters,
  type TopicKey,
  type WaitingLetter,
  waitingOfKeys,
} from '@brew/postgres';
import { isPassing } from '../http/toProblem.ts';
import type { ChunkProcessor } from '../unitOfWork/processChunk.ts';
import type { ActionLog } from './actionLog.ts';
import { catchUp, type LetterContext } from './context.ts';
import { planRedrive, type Skipped } from './planRedrive.ts';
import { readSource, type Source } from './readSource.ts';
import { recordOfLetter } from './recordOfLetter.ts';

export interface RedriveOutcome {
  redriven: number;
  alreadyDone: number;
  failed: { id: string; error: string }[];
  skipped: Skipped[];
  keysLetGo: number;
}

/** What one transaction takes. */
const LETTERS_AT_ONCE = 100;
const BYTES_AT_ONCE = 4 * 1024 * 1024;

/** While another transaction is in the way. */
const PASSING = { attempts: 5, initialMs: 20, maxMs: 500 };

/**
 * Has the group handle these letters as if they came from their topics now. What is done of a key, that its letters are done, and that the key
 * is let go, are one transaction, so it may be killed at any time.
 *
 * @param going key by key, each key's in the order of its records
 * @param asked those that are told of when they stay
 * @throws an outage; what was committed until then is kept
 */
export async function redrive(
  going: readonly WaitingLetter[],
  asked: ReadonlySet<string>,
  {
    context,
    chunks,
    action,
    signal,
  }: { context: LetterContext; chunks: ChunkProcessor; action: ActionLog; signal: AbortSignal },
): Promise<RedriveOutcome> {
  const { db, parksKeys, log } = context;
  const outcome: RedriveOutcome = { redriven: 0, alreadyDone: 0, failed: [], skipped: [], keysLetGo: 0 };
  /** What has failed again of each key: nothing of it goes on. */
  const blamed = new Map<string, WaitingLetter>();
  const lineOf = ({ id, topic, keyHash }: WaitingLetter) =>
    parksKeys && keyHash ? `${topic}/${keyHash.toString('hex')}` : id;
  const finished = new Set<string>();
  /** Of them those behind which nobody has looked since. */
  let done: string[] = [];

  async function load(letters: readonly WaitingLetter[]): Promise<Map<string, Source>> {
    const sources = new Map<string, Source>();
    for (const letter of await readLetters(db, letters.map(idOf))) {
      const source = letter.pointer === null ? recordOfLetter(letter) : await readSource(context, letter);
      sources.set(letter.id, source);
    }
    return sources;
  }

  /** All of these letters in one transaction, or none. */
  async function take(letters: readonly WaitingLetter[], sources: ReadonlyMap<string, Source>) {
    const ids = new Map<ReceivedRecord, string>();
    for (const { id } of letters) {
      const source = sources.get(id);
      if (source instanceof Error) throw source;
      if (source && chunks.wants(source)) ids.set(source, id);
    }
    const keys = parksKeys ? keysOf(letters) : [];
    let waiting: ReadonlySet<string> = new Set();
    let free: TopicKey[] = [];
    let letGo = 0;
    let known = 0;
    await chunks.process([...ids.keys()], {
      async begin(tx) {
        await tx.query(`set local lock_timeout = '4s'`);
        if (keys.length > 0) free = await lockKeys(tx, keys);
        // Nothing of these keys is parked from here on. What was, has to be known: it may be what the key has to wait for.
        await catchUp(context);
        waiting = await lockWaiting(tx, letters.map(idOf), { inOrder: parksKeys });
        return (record) => waiting.has(ids.get(record) ?? '');
      },
      async end(tx, duplicates) {
        const wanted = new Set(ids.values());
        known = duplicates.length + [...waiting].filter((id) => !wanted.has(id)).length;
        await resolveLetters(tx, [...waiting], 'redriven', action.id);
        letGo = keys.length > 0 ? await letIdleKeysGo(tx, keys, free) : 0;
        await action.keep(tx, { redriven: waiting.size - known, alreadyDone: known });
      },
    });
    outcome.redriven += waiting.size - known;
    outcome.alreadyDone += known;
    outcome.keysLetGo += letGo;
    done.push(...waiting);
    for (const id of waiting) finished.add(id);
  }

  async function attempt(letters: readonly WaitingLetter[], sources: ReadonlyMap<string, Source>) {
    for (let tries = 1; ; tries++) {
      signal.throwIfAborted();
      try {
        await take(letters, sources);
        return { ok: true } as const;
      } catch (error) {
        if (verdictOf(error, isOutage) === 'outage') throw error;
        if (!isPassing(error)) return { ok: false, error } as const;
        if (tries < PASSING.attempts)
          await sleep(backoff(tries, PASSING, Math.random()), undefined, { signal });
        else if (letters.length === 1) throw error;
        else return { ok: false, error } as const;
      }
    }
  }

  async function blame(letter: WaitingLetter, error: unknown): Promise<void> {
    const text = error instanceof Error ? error.message : String(error);
    blamed.set(lineOf(letter), letter);
    await db.transaction(async (tx) => {
      await noteRedriveFailure(tx, letter.id, text);
      await action.keep(tx, { failed: 1 });
    });
    outcome.failed.push({ id: letter.id, error: text });
    log.warn({ err: error, letter: letter.id }, 'a dead letter has failed again');
  }

  const free = (letters: readonly WaitingLetter[]) => letters.filter((letter) => !blamed.has(lineOf(letter)));

  async function run(letters: readonly WaitingLetter[]): Promise<void> {
    for (const batch of batchesOf(letters)) {
      const open = free(batch);
      if (open.length === 0) continue;
      const sources = await load(open);
      await sift(open, { free, blame, attempt: (some) => attempt(some, sources) });
    }
  }

  /** What has come behind the letters that were done, since somebody looked: it is why their keys are parked still. */
  async function followers(): Promise<WaitingLetter[]> {
    if (!parksKeys || done.length === 0) return [];
    const waiting = free(await waitingOfKeys(db, done));
    const asked = waiting.filter(({ reason }) => reason === 'key_parked').map(idOf);
    done = [];
    return planRedrive({ asked, waiting, byId: false, parksKeys }).going;
  }

  for (let letters = going; letters.length > 0; letters = await followers()) await run(letters);
  for (const letter of going) {
    const before = blamed.get(lineOf(letter));
    if (!asked.has(letter.id) || finished.has(letter.id) || before?.id === letter.id) continue;
    const why = before
      ? `waits behind letter ${before.id}, which has failed again`
      : 'somebody else has done it, or what it waits for, meanwhile: look again';
    outcome.skipped.push({ id: letter.id, why });
  }
  return outcome;
}

function* batchesOf(letters: readonly WaitingLetter[]): Generator<WaitingLetter[]> {
  let batch: WaitingLetter[] = [];
  let bytes = 0;
  for (const letter of letters) {
    if (batch.length === LETTERS_AT_ONCE || (batch.length > 0 && bytes + letter.bytes > BYTES_AT_ONCE)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push(letter);
    bytes += letter.bytes;
  }
  if (batch.length > 0) yield batch;
}

const idOf = ({ id }: { id: string }) => id;

const keysOf = (letters: readonly WaitingLetter[]): TopicKey[] =>
  letters.flatMap(({ topic, keyHash }) => (topic !== null && keyHash ? [{ topic, keyHash }] : []));
