import type { Logger } from 'pino';
import type { DeadLetters, Failure, Letter } from '../deadLetters.ts';
import { messageOf, RecordsLostError } from '../errors.ts';
import type { Gap } from '../fetched.ts';
import { placeOf, type ReceivedRecord } from '../record.ts';
import type { Insist } from './persistence.ts';
import { pause, type Turn } from './turn.ts';

/** What is sent at once. */
const LETTERS_AT_ONCE = 500;
const BYTES_AT_ONCE = 1024 * 1024;
/** How often to look whether a letter was discarded. */
const LOOK_MS = 1_000;

/** The way of records into the dead letters: in few sends, and for as long as it takes. */
export function createParking({
  deadLetters,
  insist,
  log,
}: {
  deadLetters: DeadLetters;
  insist: Insist;
  log: Logger;
}) {
  /** @returns those whose key was let go meanwhile */
  async function park(letters: readonly Letter[], turn: Turn): Promise<ReadonlySet<ReceivedRecord>> {
    const free = new Set<ReceivedRecord>();
    turn.keep();
    for (const some of groupsOf(letters)) {
      const [{ record: first }] = some as [Letter];
      const letGo = await insist(turn, first, () => deadLetters.park(some));
      for (const { record, failure } of some) {
        if (letGo.has(record)) free.add(record);
        else log.error({ ...placeOf(record), ...describe(failure) }, 'parked a record in the dead letters');
      }
    }
    return free;
  }

  /** Parks the records whose key is parked already, and returns the others, in their order. */
  async function withoutParked(
    records: readonly ReceivedRecord[],
    turn: Turn,
  ): Promise<readonly ReceivedRecord[]> {
    const [first] = records;
    if (!first) return records;
    const parked = await insist(turn, first, () => deadLetters.behindParked(records));
    if (parked.size === 0) return records;
    const free = await park(
      records
        .filter((record) => parked.has(record))
        .map((record) => ({ record, failure: { reason: 'key_parked' } })),
      turn,
    );
    return records.filter((record) => !parked.has(record) || free.has(record));
  }

  /** Tells of what nobody can read. */
  async function tell(gap: Gap, turn: Turn): Promise<void> {
    const { topic, partition, firstOffset, lastOffset, error } = gap;
    const where = { topic, partition, firstOffset: String(firstOffset), lastOffset: String(lastOffset) };
    const at = { topic, partition, offset: firstOffset, key: null };
    turn.keep();
    await insist(turn, at, () => deadLetters.tell(gap));
    log.error({ ...where, err: error }, 'parked a pointer to records that nobody can read');
  }

  /**
   * Waits until somebody has discarded the letter of records that were lost: whether an order goes on without them is not for a consumer to
   * decide. It is asked first, too, since it may have been discarded before a restart.
   * @returns false when its topic has been made anew meanwhile
   */
  async function tellLoss(gap: Gap, turn: Turn, isAnew: () => Promise<boolean>): Promise<boolean> {
    const { topic, partition, firstOffset, lastOffset } = gap;
    const at = { topic, partition, offset: firstOffset, key: null };
    const error = new RecordsLostError(topic, partition, firstOffset, lastOffset);
    const isDiscarded = () => insist(turn, at, () => deadLetters.isDiscarded(gap));
    if (await isDiscarded()) return true;
    await tell(gap, turn);
    while (!(await isDiscarded())) {
      turn.heldUp({ at, error, waits: true });
      await pause(turn, LOOK_MS);
      if (await isAnew()) return false;
    }
    turn.heldUp(undefined);
    log.warn(
      { topic, partition, firstOffset: String(firstOffset), lastOffset: String(lastOffset) },
      'going on without lost records',
    );
    return true;
  }

  return { park, withoutParked, tell, tellLoss };
}

function* groupsOf(letters: readonly Letter[]): Generator<Letter[]> {
  let group: Letter[] = [];
  let bytes = 0;
  for (const letter of letters) {
    const size = letter.record.value?.length ?? 0;
    if (group.length === LETTERS_AT_ONCE || (group.length > 0 && bytes + size > BYTES_AT_ONCE)) {
      yield group;
      group = [];
      bytes = 0;
    }
    group.push(letter);
    bytes += size;
  }
  if (group.length > 0) yield group;
}

const describe = (failure: Failure) =>
  failure.reason === 'failed'
    ? { reason: failure.reason, attempts: failure.attempts, error: messageOf(failure.error) }
    : { reason: failure.reason };
