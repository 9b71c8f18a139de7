import type { OrderState } from '../orderState.ts';

/** Something about an order that is not as it must be. */
export interface Finding {
  /** What is wrong, as it goes on after "order …". */
  sentence: string;
  /** Left out for what nothing can put right any more. */
  missing?: Missing;
}

/** What is not there may still come, so it counts only after a while; or retention took it, so it counts only where its topics go back far enough. */
interface Missing {
  /** The events that are not there, by name: each of them would have done. Left out: it may have been any. */
  events?: readonly string[];
  /** When it became due, in milliseconds. */
  since: number;
}

/** A rule that every order keeps, as far as its events can tell, in whatever order the topics are read. */
export interface Invariant {
  name: string;
  /** What it promises, in words. */
  promise: string;
  check(order: OrderState): Finding[];
}
