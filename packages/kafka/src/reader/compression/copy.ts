// What Snappy and LZ4 consist of: bytes of the input as they are, and bytes again that were written before.

/** Shorter pieces are copied byte by byte: a call of Buffer's costs more than they do. */
const SHORT = 24;

/**
 * Bytes `start` to `end` of the input, to `at`.
 * @returns where they end
 * @throws RangeError when there are fewer, or no room
 */
export function copyLiteral(input: Buffer, start: number, end: number, output: Buffer, at: number): number {
  if (end > input.length) throw cutOff();
  const target = at + end - start;
  if (target > output.length) throw tooLarge();
  if (end - start > SHORT) output.set(input.subarray(start, end), at);
  else for (let from = start, to = at; from < end; ) output[to++] = input[from++] as number;
  return target;
}

/**
 * `length` bytes that were written `distance` before `at`; they may overlap with what they become.
 * @returns where they end
 */
export function copyRepeat(output: Buffer, at: number, distance: number, length: number): number {
  const target = at + length;
  let from = at - distance;
  if (from < 0 || distance === 0) throw new RangeError('it repeats what is not there');
  if (target > output.length) throw tooLarge();
  if (length <= SHORT) for (let to = at; to < target; ) output[to++] = output[from++] as number;
  else if (distance >= length) output.copyWithin(at, from, from + length);
  else if (distance === 1) output.fill(output[from] as number, at, target);
  else for (let to = at; to < target; ) output[to++] = output[from++] as number;
  return target;
}

export const cutOff = () => new RangeError('it ends too early');
export const tooLarge = () => new RangeError('it unpacks to more than it may');
