export { alterTopic } from './alterTopic.ts';
export type { TestBatch, TestRecord } from './batches.ts';
export { createTopics } from './createTopics.ts';
export { deleteRecords } from './deleteRecords.ts';
export { createUncheckedEncode } from './encodeUnchecked.ts';
export { createNetwork, type Network } from './network.ts';
export { readAll } from './readAll.ts';
export { abortTransaction, openTransaction } from './transactions.ts';
export { writeBatch } from './writeBatch.ts';
