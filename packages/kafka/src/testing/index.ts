export { alterTopic } from './alterTopic.ts';
export { createTopics } from './createTopics.ts';
export { deleteRecords } from './deleteRecords.ts';
export { createUncheckedEncode } from './encodeUnchecked.ts';
export { readAll } from './readAll.ts';
