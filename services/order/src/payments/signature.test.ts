import { createHmac } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { signatureProblem } from './signature.ts';

const secret = 'whsec';
const body = Buffer.from('{"id":"evt_1","note":"café"}');
const now = new Date('2026-01-01T12:00:00Z');
const seconds = now.getTime() / 1_000;

const sign = (t: number, signed: Buffer = body, key = secret) =>
  `t=${t},v1=${createHmac('sha256', key).update(`${t}.`).update(signed).digest('hex')}`;
const check = (header: string | undefined, raw = body) => signatureProblem(header, raw, secret, now);

describe('the signature of a webhook', () => {
  test('is right when made with our secret over this body', () => {
    expect(check(sign(seconds))).toBeUndefined();
  });

  test.each([
    ['older', -300, undefined],
    ['newer', 300, undefined],
    ['too old', -301, /five minutes/],
    ['too new', 301, /five minutes/],
  ])('may be five minutes %s', (_title, age, message) => {
    const answer = check(sign(seconds + age));
    if (message) expect(answer).toMatch(message);
    else expect(answer).toBeUndefined();
  });

  test.each([
    ['another secret', sign(seconds, body, 'guess')],
    ['another body', sign(seconds, Buffer.from('{}'))],
    ['another time', sign(seconds).replace(`t=${seconds}`, `t=${seconds + 1}`)],
  ])('is wrong with %s', (_title, header) => {
    expect(check(header)).toMatch(/does not match/);
  });

  test('is over the bytes, not over what they mean', () => {
    expect(check(sign(seconds), Buffer.from(JSON.stringify(JSON.parse(String(body)), null, 1)))).toMatch(
      /not match/,
    );
  });

  test.each([undefined, '', 't=1', 'v1=00', `t=x,v1=${'0'.repeat(64)}`, `t=1,v1=${'0'.repeat(63)}`])(
    'is malformed: %s',
    (header) => {
      expect(check(header)).toMatch(/missing or malformed/);
    },
  );
});
