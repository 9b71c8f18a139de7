export { createDatabase, type Database, type DatabaseOptions, type Session, type Tx } from './database.ts';
export { claimInbox, pruneInbox } from './inbox.ts';
export { isOutage } from './isOutage.ts';
export {
  type ActionCounts,
  type KeptAction,
  keepAction,
  type LetterAction,
  listActions,
} from './letters/actions.ts';
export {
  isLossDiscarded,
  type LetterFilter,
  type LetterStatus,
  type LetterSummary,
  type LettersInShort,
  listLetters,
  MAX_REDRIVES,
  summarizeLetters,
} from './letters/listLetters.ts';
export {
  insertLetters,
  type LetterPosition,
  letterPositions,
  moveLetterPosition,
  type NewLetter,
  sizeOfLetter,
} from './letters/newLetters.ts';
export {
  findLetter,
  type LetterRecord,
  readLetters,
  type WaitingLetter,
  type WholeLetter,
  waitingOfKeys,
} from './letters/readLetters.ts';
export {
  keysOfLetters,
  letIdleKeysGo,
  lockWaiting,
  noteRedriveFailure,
  resolveLetters,
} from './letters/resolveLetters.ts';
export { messagingMigrations } from './messagingMigrations.ts';
export { type MigrateOptions, migrate } from './migrate.ts';
export { OUTBOX_CHANNEL } from './outbox/announce.ts';
export { appendOutbox, type OutboxRow } from './outbox/appendOutbox.ts';
export { type Backlog, createOutbox, type Outbox } from './outbox/outbox.ts';
export type { Ownership, UnsentRow } from './outbox/ownership.ts';
export {
  discardRefusedRows,
  listRefusedRows,
  type RefusedRow,
  retryRefusedRows,
} from './outbox/refusals.ts';
export {
  createParkedKeys,
  type Holding,
  hashOfKey,
  letKeysGo,
  lockKeys,
  type ParkedKeys,
  type TopicKey,
} from './parkedKeys.ts';
export { type Prunable, pruneLetterActions, pruneLetters, pruneOrders } from './prune.ts';
export {
  countStuckItems,
  dueStuckItems,
  forgetStuckItem,
  listStuckItems,
  noteFailure,
  retryLater,
  retryStuckItems,
  type StuckItem,
} from './stuckItems.ts';
export { RolledBackError, transactOn } from './transactOn.ts';
export { untilAvailable } from './untilAvailable.ts';
