import { expect, it } from '@jest/globals';
import { toProblem } from './toProblem.ts';

it('says that a sum is too large for its column', () => {
  const problem = toProblem(Object.assign(new Error('integer out of range'), { code: '22003' }));
  expect(problem).toMatchObject({ status: 422, problemCode: 'OUT_OF_RANGE' });
});

it.each([
  ['a serialization failure', '40001'],
  ['a deadlock', '40P01'],
  ['a lock that did not come in time', '55P03'],
])('has the caller try again after %s', (_, code) => {
  const problem = toProblem(Object.assign(new Error('secret'), { code }));
  expect(problem).toMatchObject({ status: 503, problemCode: 'UNAVAILABLE', headers: { 'Retry-After': '2' } });
});
