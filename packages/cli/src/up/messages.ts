import type { Step } from '@brew/sandbox';
import type { Death } from './views.ts';

/** What the process that stays tells the one that a detached start was called in. */
export type Message =
  | { kind: 'step'; step: Step }
  | { kind: 'say'; line: string }
  | { kind: 'died'; death: Death }
  | { kind: 'ready' }
  | { kind: 'failed'; text: string };
