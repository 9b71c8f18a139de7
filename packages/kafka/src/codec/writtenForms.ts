/** Forms in which Brew writes ids and times, told by their bytes: several times as fast as by a text and its pattern. */

const UUID_LENGTH = '01890a5d-ac96-774b-bcce-b302099a8057'.length;
const TRACEPARENT_LENGTH = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'.length;
const TIME_LENGTH = '2026-01-02T03:04:05.678Z'.length;
const DAY_LENGTH = '2026-01-02'.length;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Whether there is a UUID in lower case. */
export const isUuid = (bytes: Buffer, start: number, end: number): boolean =>
  end - start === UUID_LENGTH &&
  bytes[start + 8] === HYPHEN &&
  bytes[start + 13] === HYPHEN &&
  bytes[start + 18] === HYPHEN &&
  bytes[start + 23] === HYPHEN &&
  areHex(bytes, start, start + 8) &&
  areHex(bytes, start + 9, start + 13) &&
  areHex(bytes, start + 14, start + 18) &&
  areHex(bytes, start + 19, start + 23) &&
  areHex(bytes, start + 24, end);

/** Whether there is a traceparent of version 00. @see https://www.w3.org/TR/trace-context/#traceparent-header */
export const isTraceparent = (bytes: Buffer, start: number, end: number): boolean =>
  end - start === TRACEPARENT_LENGTH &&
  bytes[start] === ZERO &&
  bytes[start + 1] === ZERO &&
  bytes[start + 2] === HYPHEN &&
  bytes[start + 35] === HYPHEN &&
  bytes[start + 52] === HYPHEN &&
  areHex(bytes, start + 3, start + 35) &&
  areHex(bytes, start + 36, start + 52) &&
  areHex(bytes, start + 53, end) &&
  !areZeros(bytes, start + 3, start + 35) &&
  !areZeros(bytes, start + 36, start + 52);

/** The day that was read last, and when it began: most events are of the same one. */
const day = Buffer.alloc(DAY_LENGTH);
let midnight = Number.NaN;

/**
 * Reads a time as Date.toISOString writes it, of the years that have four digits.
 * @returns milliseconds since 1970; NaN for any other form, which may be a time all the same
 */
export function timeIn(bytes: Buffer, start: number, end: number): number {
  if (end - start !== TIME_LENGTH) return Number.NaN;
  const isInForm =
    bytes[start + 10] === T &&
    bytes[start + 13] === COLON &&
    bytes[start + 16] === COLON &&
    bytes[start + 19] === DOT &&
    bytes[start + 23] === Z;
  const hours = twoDigits(bytes, start + 11);
  const minutes = twoDigits(bytes, start + 14);
  const seconds = twoDigits(bytes, start + 17);
  const milliseconds = twoDigits(bytes, start + 20) * 10 + digit(bytes, start + 22);
  if (!(isInForm && hours < 24 && minutes < 60 && seconds < 60)) return Number.NaN;
  return midnightAt(bytes, start) + ((hours * 60 + minutes) * 60 + seconds) * 1_000 + milliseconds;
}

function midnightAt(bytes: Buffer, start: number): number {
  let same = 0;
  while (same < DAY_LENGTH && bytes[start + same] === day[same]) same++;
  if (same < DAY_LENGTH) {
    const text = bytes.toString('latin1', start, start + DAY_LENGTH);
    midnight = DAY.test(text) ? Date.parse(text) : Number.NaN;
    bytes.copy(day, 0, start, start + DAY_LENGTH);
  }
  return midnight;
}

const T = 0x54;
const COLON = 0x3a;
const DOT = 0x2e;
const Z = 0x5a;
const ZERO = 0x30;
const HYPHEN = 0x2d;

/** 1 for what is a hexadecimal digit, in lower case. */
const hex = new Uint8Array(256);
for (const digit of Buffer.from('0123456789abcdef')) hex[digit] = 1;

function areHex(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (hex[bytes[i] as number] !== 1) return false;
  return true;
}

function areZeros(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if (bytes[i] !== ZERO) return false;
  return true;
}

const twoDigits = (bytes: Buffer, at: number) => digit(bytes, at) * 10 + digit(bytes, at + 1);

function digit(bytes: Buffer, at: number): number {
  const value = (bytes[at] as number) - ZERO;
  return value >= 0 && value <= 9 ? value : Number.NaN;
}
