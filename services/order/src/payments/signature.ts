import { createHmac, timingSafeEqual } from 'node:crypto';

/** How far a webhook's time may be from ours, either way: long enough for bad clocks, too short to replay it later. */
const TOLERANCE_SECONDS = 300;

/**
 * Checks the `Brew-Signature` of a webhook: `t=<unix seconds>,v1=<hex HMAC-SHA256(secret, "t.rawBody")>`.
 * @param rawBody the bytes as they came: parsing and printing JSON again would change them
 * @returns what is wrong with it, in words for the sender; undefined when it is right
 */
export function signatureProblem(
  header: string | undefined,
  rawBody: Buffer,
  secret: string,
  now: Date,
): string | undefined {
  const { t, v1 } = /^t=(?<t>\d{1,12}),v1=(?<v1>[0-9a-f]{64})$/.exec(header ?? '')?.groups ?? {};
  if (t === undefined || v1 === undefined) return 'The Brew-Signature header is missing or malformed.';

  const expected = createHmac('sha256', secret).update(`${t}.`).update(rawBody).digest();
  // Compared in constant time: how long it takes must not tell how much of a guess was right.
  if (!timingSafeEqual(expected, Buffer.from(v1, 'hex'))) return 'The signature does not match the body.';

  // Only now, so that nobody without the secret learns what our clock says.
  const ageSeconds = Math.abs(now.getTime() / 1_000 - Number(t));
  return ageSeconds > TOLERANCE_SECONDS ? 'The signature is not of the last five minutes.' : undefined;
}
