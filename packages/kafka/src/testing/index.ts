export { createTopics } from './createTopics.ts';
export { readAll } from './readAll.ts';
