import { expect, test } from '@jest/globals';
import { type Cast, untilRecovered } from './scenario.ts';

const cast = (goesOn: boolean) => {
  const accused: string[] = [];
  const stage = {
    ...{ subject: { title: 'it' }, accuse: (what: string) => accused.push(what) },
    ...{ n: 0, members: { deeds: { length: 0 } } },
    get rounds(): number {
      this.members.deeds.length += goesOn ? 100 : 0;
      return this.n++;
    },
  };
  return { accused, stages: [stage], say: () => {} } as unknown as Cast & { accused: string[] };
};

test('whoever writes and reads on has recovered, and whoever does not is accused', async () => {
  const [good, hung] = [cast(true), cast(false)];
  await Promise.all([untilRecovered(good, 60_000), untilRecovered(hung, 100)]);
  expect(good.accused).toEqual([]);
  expect(hung.accused).toEqual(['had not gone on 0.1 s after the fault']);
});
