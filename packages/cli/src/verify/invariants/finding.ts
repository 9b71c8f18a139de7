import type { OrderState } from '../orderState.ts';

/** Something about an order that is not as it must be. */
export interface Finding {
  /** What is wrong, as it goes on after "order …". */
  sentence: string;
  /**
   * For what is missing: when it became due, in milliseconds. It may still come, so it counts only after a while.
   * Left out for what nothing can put right any more.
   */
  since?: number;
}

/** A rule that every order keeps, as far as its events can tell, in whatever order the topics are read. */
export interface Invariant {
  name: string;
  /** What it promises, in words. */
  promise: string;
  check(order: OrderState): Finding[];
}
