import { expect, it } from '@jest/globals';
import { selfTimes } from './profile.ts';

it('gives each function the time until the next sample, whatever called it, and adds up what has one name', () => {
  const node = (id: number, functionName: string, url: string) => ({
    id,
    callFrame: { functionName, url, lineNumber: 9 },
  });
  const url = 'file:///somewhere/node_modules/.pnpm/pg@8.23.1/node_modules/pg/lib/query.js';
  const times = selfTimes({
    nodes: [
      node(1, '(idle)', ''),
      node(2, 'parse', url),
      node(3, 'parse', url),
      node(4, '', 'file:///x/services/order/src/app.ts'),
    ],
    samples: [1, 2, 3, 4, 1],
    timeDeltas: [0, 40, 20, 20, 20],
  });
  expect(times).toEqual([
    { name: '(idle)', percent: 40 },
    { name: 'parse pg/lib/query.js:10', percent: 40 },
    { name: '(anonymous) services/order/src/app.ts:10', percent: 20 },
  ]);
});
