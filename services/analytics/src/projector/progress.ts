import { within } from '@brew/kafka';
import type { PartitionOffset, Reader } from '@brew/kafka/reader';
import type { Database } from '@brew/postgres';
import { type Health, toldSilence } from '@brew/service';
import { listGenerations, positionsOf } from '../store/generations.ts';
import { shorterLog, tellLoss } from './shorterLogs.ts';

/** An election of new leaders takes a few seconds. */
const SLOW_MS = 10_000;
/** Where topics ended when Kafka said it last does until then. */
const PATIENCE_MS = 1_000;

/**
 * Whether reports move: told by the positions of the live tables and the ends of the topics, so that an instance that stands by knows it, too.
 * Down is a table that has something to read and has not got on for ten seconds, one that has read more than its log had, and all of them when Kafka
 * does not say what there is to read.
 */
export function createProgress({
  db,
  reader,
  topics,
}: {
  db: Database;
  reader: Pick<Reader, 'offsets'>;
  topics: readonly string[];
}) {
  /** Of schemas that had something to read at the last look: where they were, and since when. */
  let seen = new Map<string, { read: bigint; since: number }>();
  let ends: readonly PartitionOffset[] = [];
  let asking: Promise<void> | undefined;
  /** When Kafka was asked first, of those times since which it has not answered. */
  let silentSince: number | undefined;

  /** Asks Kafka anew where topics end, unless it is being asked. */
  function ask(): Promise<void> {
    silentSince ??= performance.now();
    asking ??= reader
      .offsets(topics, 'latest')
      .then((answer) => {
        ends = answer;
        silentSince = undefined;
      })
      .catch(() => {})
      .finally(() => {
        asking = undefined;
      });
    return asking;
  }

  return {
    /** To be called every few seconds: whoever looks for the first time is to hear of what is so for longer. */
    ask,
    /** @param why what is known here of what holds it up */
    async look(why: string): Promise<Health> {
      const live = (await listGenerations(db)).filter(({ state }) => state === 'live');
      await within(PATIENCE_MS, ask());
      const silence = toldSilence(silentSince);
      if (silence !== undefined) return { up: false, detail: silence };
      // Asked after the ends: what is read meanwhile does not look as if it waited.
      const positions = await positionsOf(db, live);
      for (const stored of positions.values()) {
        const shorter = shorterLog(stored);
        if (shorter) return { up: false, detail: tellLoss(shorter) };
      }
      const before = seen;
      seen = new Map();
      const still: string[] = [];
      for (const { schema } of live) {
        const at = new Map(
          positions.get(schema)?.map(({ topic, partition, offset }) => [`${topic}/${partition}`, offset]),
        );
        const read = [...at.values()].reduce((sum, offset) => sum + offset, 0n);
        const left = ends.reduce((sum, { topic, partition, offset }) => {
          const waiting = offset - (at.get(`${topic}/${partition}`) ?? offset);
          return waiting > 0n ? sum + waiting : sum;
        }, 0n);
        if (left === 0n) continue;
        const last = before.get(schema);
        const since = last?.read === read ? last.since : performance.now();
        seen.set(schema, { read, since });
        const seconds = Math.round((performance.now() - since) / 1_000);
        if (seconds * 1_000 >= SLOW_MS)
          still.push(`${schema} has ${left} records to read, and none was read for ${seconds} s`);
      }
      return still.length === 0 ? { up: true } : { up: false, detail: `${still.join('; ')}: ${why}` };
    },
  };
}
