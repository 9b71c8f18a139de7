// What the services answer under /dead-letters; of each, what is printed or needed.

export interface Letter {
  id: string;
  group: string;
  /** failed, key_parked, unreadable, deleted, foreign */
  reason: string;
  status: 'waiting' | 'redriven' | 'discarded';
  /** Where the record came from; null for a letter that the group has not written. */
  topic: string | null;
  partition: number | null;
  offset: string | null;
  key: string | null;
  /** `base64` where the key is no UTF-8. */
  keyEncoding?: 'base64';
  /** Its ce_type. */
  type: string | null;
  error: LetterError | null;
  /** Before it was parked. */
  attempts: number;
  /** Those that failed. */
  redrives: number;
  /** ISO 8601, as all times here. */
  parkedAt: string;
  lastRedriveAt: string | null;
  /** How many letters of its key in its topic wait behind it. */
  behind: number;
  valueBytes: number;
  /** Whether its bytes are only where the record came from. */
  pointer: boolean;
  redrivable: boolean;
}

interface LetterError {
  name: string;
  code?: string;
  message: string;
}

export interface LetterDetails extends Letter {
  dlqPartition: number;
  dlqOffset: string;
  /** Of one that stands for several records. */
  lastOffset: string | null;
  /** What is only where it came from, such as `value`. */
  missing: string | null;
  /** Where it is no time: the number that it is. */
  sourceTimestamp: string;
  headers: { name: string; value: string | null; encoding?: 'base64' }[];
  /** base64 */
  value: string | null;
  /** The event, where it can be decoded. */
  data: unknown;
  stack: string | null;
  lastError: string | null;
  resolution: { at: string; by: string | null; why: string | null; action: string | null } | null;
  /** The first of those that wait behind it, in their order. */
  waitsBehind: Letter[];
  /** The one that it waits for. */
  before: Letter | null;
}

export interface LetterPage {
  group: string;
  letters: Letter[];
  /** The id to go on after; null: that is all. */
  next: string | null;
  /** Up to when GROUP.dlq has been read; null: never. */
  asOf: string | null;
}

export interface LetterSummary {
  group: string;
  waiting: number;
  byReason: Record<string, number>;
  parkedKeys: number;
  oldestAt: string | null;
  /** Those that have failed five redrives: they are redriven by their ids alone. */
  givenUp: number;
  asOf: string | null;
  canRedrive: boolean;
  /** What to do where they can't be redriven. */
  instead?: string;
}

/** What a call to redrive did, or one to discard, which has fewer of them. */
export interface Batch {
  /** Null of a dry run. */
  action: string | null;
  redriven?: number;
  alreadyDone?: number;
  discarded?: number;
  failed?: { id: string; error: string }[];
  /** Why, as what is said of the letter: `waits behind letter 1`. With a status: it was done before. */
  skipped?: { id: string; why: string; status?: 'redriven' | 'discarded' }[];
  keysLetGo: number;
  /** Of a discard: the first letter that still waits, of each key that stays parked. */
  stillWaiting?: string[];
  next: string | null;
  /** Of a dry run: what would go, in its order. */
  letters?: Letter[];
}

export interface LetterAction {
  id: string;
  at: string;
  by: string;
  action: 'redrive' | 'discard';
  why: string | null;
  selection: unknown;
  redriven: number;
  alreadyDone: number;
  failed: number;
  skipped: number;
  discarded: number;
}
