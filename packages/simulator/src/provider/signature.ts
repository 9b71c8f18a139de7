import { createHmac } from 'node:crypto';

/**
 * The `Brew-Signature` header of a webhook: HMAC-SHA256 over `<unix seconds>.<raw body>`.
 * The time is inside what is signed, so that a stolen webhook can't be sent again later: a receiver refuses
 * what is older than its tolerance. That is why each attempt is signed anew.
 */
export function signWebhook(secret: string, rawBody: string, at: Date): string {
  const seconds = Math.floor(at.getTime() / 1000);
  const digest = createHmac('sha256', secret).update(`${seconds}.${rawBody}`).digest('hex');
  return `t=${seconds},v1=${digest}`;
}
