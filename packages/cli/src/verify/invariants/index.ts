import { causeBeforeEffect } from './causeBeforeEffect.ts';
import type { Invariant } from './finding.ts';
import { money } from './money.ts';
import { oneEffectOfAKind } from './oneEffectOfAKind.ts';
import { oneEnd } from './oneEnd.ts';
import { stock } from './stock.ts';

/** What the ledger checks of every order. */
export const invariants: readonly Invariant[] = [oneEnd, causeBeforeEffect, oneEffectOfAKind, money, stock];

/** Kept by records, not by orders: what can't be read can't be checked. */
export const readable: Pick<Invariant, 'name' | 'promise'> = {
  name: 'readable',
  promise: 'every record is an event of its topic, under the key of its order',
};
