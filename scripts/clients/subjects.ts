import type { Task } from './subject/task.ts';

/** A client that is judged. */
export interface Subject {
  name: Task['client'];
  /** The head of its column. */
  title: string;
  /** Whether Brew answers for it: what it loses or gets out of order is a failure of the run. */
  isOurs: boolean;
  /** Whether it can read as nobody's member. */
  hasReader: boolean;
}

export const subjects: readonly Subject[] = [
  { name: 'plain', title: 'plain kafkajs', isOurs: false, hasReader: false },
  { name: 'kafkajs', title: 'Brew on kafkajs', isOurs: true, hasReader: true },
  { name: 'platformatic', title: 'Brew on @platformatic/kafka', isOurs: true, hasReader: true },
];
