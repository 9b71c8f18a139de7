import { describe, expect, it } from '@jest/globals';
import { sparingly } from './sparingly.ts';

describe('sparingly', () => {
  it('says the first of each reason at once, and the others together later', () => {
    const said: [string, number][] = [];
    let at = 0;
    const say = sparingly(
      (reason, times) => said.push([reason, times]),
      () => at,
    );
    for (const reason of ['down', 'down', 'slow', 'down']) say(reason);
    expect(said).toEqual([
      ['down', 1],
      ['slow', 1],
    ]);
    at = 10_000;
    say('down');
    expect(said.slice(2)).toEqual([['down', 3]]);
  });
});
