import { type Counts, type HandledRecord, judge, type SentRecord } from './verdict.ts';

/** A record that a process has handled. */
interface Deed extends HandledRecord {
  /** Name of the process. */
  by: string;
  partition: number;
  offset: number;
}

/** Those who have to handle everything between them: a group, or one that reads alone. */
export interface Readers {
  /** Everything that they handled so far, as it was told. */
  readonly deeds: readonly Deed[];
  /** How many records they have not handled that are acknowledged. */
  readonly missing: number;
  /** They are ready, since so many milliseconds after 1970: nobody waited for them before. */
  begin(at: number): void;
  note(deeds: readonly Deed[]): void;
  /** How many records they found in the topic more often than once: reading one again is none. */
  readonly copies: number;
  /** How often they handled what stands at an offset that they had handled before. */
  readonly rereads: number;
  /** @param until when nothing more was waited for, in milliseconds since 1970 */
  judge(until?: number): Counts & { lostRecords: SentRecord[] };
}

type Id = Pick<SentRecord, 'key' | 'number'>;
export const idOf = ({ key, number }: Id) => `${key}/${number}`;

/** What was sent, and by whom it was handled, while it happens. */
export interface Ledger {
  send(records: readonly SentRecord[]): void;
  /** @param at in milliseconds since 1970 */
  acknowledge(ids: readonly Id[], at: number): void;
  /** Their sender was told that they could not be sent. */
  refuse(ids: readonly Id[], at: number): void;
  /** These were deleted before anybody could read them. */
  strike(ids: readonly Id[]): void;
  /** Everything that was sent so far was deleted. */
  strikeAll(): void;
  addReaders(): Readers;
}

const placesIn = (deeds: readonly Deed[]) =>
  new Set(deeds.map(({ partition, offset }) => `${partition}/${offset}`)).size;

export function createLedger(): Ledger {
  const sent = new Map<string, SentRecord>();
  const all: { seen: Set<string>; missing: Set<string> }[] = [];

  function acknowledge(ids: readonly Id[], at: number): void {
    for (const id of ids.map(idOf)) {
      const record = sent.get(id);
      if (record) record.acknowledgedAt ??= at;
      for (const { seen, missing } of all) if (record && !seen.has(id)) missing.add(id);
    }
  }

  return {
    send(records) {
      for (const record of records) sent.set(idOf(record), record);
      const acknowledged = records.filter(({ acknowledgedAt }) => acknowledgedAt !== undefined);
      acknowledge(acknowledged, 0);
    },
    acknowledge,
    refuse(ids, at) {
      for (const id of ids.map(idOf)) {
        const record = sent.get(id);
        if (record) record.refusedAt ??= at;
      }
    },
    strike(ids) {
      for (const id of ids.map(idOf)) {
        sent.delete(id);
        for (const { missing } of all) missing.delete(id);
      }
    },
    strikeAll() {
      sent.clear();
      for (const { missing } of all) missing.clear();
    },
    addReaders() {
      const deeds: Deed[] = [];
      let since: number | undefined;
      const seen = new Set<string>();
      const missing = new Set(
        [...sent].flatMap(([id, { acknowledgedAt }]) => (acknowledgedAt === undefined ? [] : [id])),
      );
      all.push({ seen, missing });
      return {
        deeds,
        get missing() {
          return missing.size;
        },
        begin(at) {
          since ??= at;
        },
        note(more) {
          deeds.push(...more);
          for (const id of more.map(idOf)) {
            seen.add(id);
            missing.delete(id);
          }
        },
        get copies() {
          return placesIn(deeds) - seen.size;
        },
        get rereads() {
          return deeds.length - placesIn(deeds);
        },
        judge: (until) => judge([...sent.values()], deeds, since, until),
      };
    },
  };
}
