import type { RangeRule, TextRule } from '@brew/events';
import { z } from 'zod';

// The rules for what is in our events, as routes check them: what they let in can be emitted, and is believed by who reads it.

/** A text without the blanks around it. */
export const textOf = ({ max, pattern, what }: TextRule) =>
  z.string().trim().min(1).max(max).regex(pattern, `not ${what}`);

/** A text as it is. */
export const idOf = ({ max, pattern, what }: TextRule) => z.string().max(max).regex(pattern, what);

export const intOf = ({ min, max }: RangeRule) => z.int().min(min).max(max);

export const listOf = <Item extends z.ZodType>(item: Item, { min, max }: RangeRule) =>
  z.array(item).min(min).max(max);
