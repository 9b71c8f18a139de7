import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { signWebhook } from './signature.ts';

describe('signWebhook', () => {
  it('is HMAC-SHA256 over time and body, in hex', () => {
    // By hand: printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
    expect(signWebhook('whsec_test', '{"id":"evt_1"}', new Date(1_700_000_000_999))).toBe(
      't=1700000000,v1=c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925',
    );
  });

  it('differs as soon as the secret, the body or the second differs', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.string({ minLength: 1 }), (secret, body, more) => {
        const at = new Date(1_700_000_000_000);
        const signatures = [
          signWebhook(secret, body, at),
          signWebhook(secret, body + more, at),
          // Not secret + more: HMAC pads short keys with zero bytes, so a NUL at the end would be the same key.
          signWebhook(`x${secret}`, body, at),
          signWebhook(secret, body, new Date(at.getTime() + 1000)),
        ];
        expect(new Set(signatures).size).toBe(signatures.length);
      }),
    );
  });
});
