export { alterTopic } from './alterTopic.ts';
export { createTopics } from './createTopics.ts';
export { readAll } from './readAll.ts';
