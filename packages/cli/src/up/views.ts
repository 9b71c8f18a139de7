import type { Step } from '@brew/sandbox';

/** A process that ended by itself, in words. */
export interface Death {
  name: string;
  message: string;
}

/** What shows a start and what follows it; one for each place where it can be looked at. */
export interface View {
  step(step: Step): void;
  /** A line of its own, between the steps or above the live view. */
  say(line: string): void;
  died(death: Death): void;
  /** One that had died runs again. */
  back(name: string): void;
  /** Everything runs: shows what happens, until `close`. */
  live(): void;
  /** Nothing is under way any more; what is on the screen stays there. */
  close(): void;
}
