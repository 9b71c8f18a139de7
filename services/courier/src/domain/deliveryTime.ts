/** How far a delivery may lie from the usual time, to either side. */
const SPREAD = 0.25;

/**
 * How long a delivery takes, in milliseconds on the clock. It depends on nothing but the order, so that the same
 * orders have the same times in every run.
 * @param seconds the usual time, in life
 * @param speed how many times faster than life; 0 stands for no time at all
 */
export function deliveryTimeMs(orderId: string, seconds: number, speed: number): number {
  if (speed === 0) return 0;
  const factor = 1 + SPREAD * (2 * fraction(orderId) - 1);
  return Math.round((seconds * 1000 * factor) / speed);
}

/** A number from 0 to below 1 that looks random: FNV-1a, mixed once more since ids differ mostly at their end. */
function fraction(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return ((hash ^ (hash >>> 13)) >>> 0) / 2 ** 32;
}
