import { money } from '../../../text/format.ts';
import type { SeenEvent } from '../../seen.ts';

/** What an event says was due, paid or given back, in words: amounts that read alike are the same. */
export const moneyOf = ({ amount }: SeenEvent): string => (amount ? money(amount) : 'nothing');
