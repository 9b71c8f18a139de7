import type { DeadLetters } from '../deadLetters.ts';

/** For consumers whose records nothing is wrong with: a letter is an error. */
export const noLetters: DeadLetters = {
  behindParked: async () => new Set(),
  park: ([letter]) => Promise.reject(new Error(`offset ${letter?.record.offset} is to be parked`)),
  tell: ({ firstOffset }) => Promise.reject(new Error(`offset ${firstOffset} is missing`)),
  isDiscarded: async () => false,
};
