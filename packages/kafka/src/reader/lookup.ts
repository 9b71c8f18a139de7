/** Finds what belongs to a text among few, by its bytes: no string is made of what was read. */
export interface Lookup<Value> {
  /** What belongs to the UTF-8 text at `start` up to `end`; undefined when it is none of those. */
  find(bytes: Buffer, start: number, end: number): Value | undefined;
}

/** For texts that are known beforehand, such as the types of the events that somebody wants. */
export function createLookup<Value>(entries: Iterable<readonly [text: string, value: Value]>): Lookup<Value> {
  const byLength: { bytes: Buffer; value: Value }[][] = [];
  for (const [text, value] of entries) {
    const bytes = Buffer.from(text);
    byLength[bytes.length] = [...(byLength[bytes.length] ?? []), { bytes, value }];
  }
  return {
    find(bytes, start, end) {
      const candidates = byLength[end - start];
      if (candidates === undefined) return undefined;
      for (const candidate of candidates) {
        if (isAt(bytes, start, candidate.bytes)) return candidate.value;
      }
      return undefined;
    },
  };
}

/** Says whether `wanted` stands at `start`. Backwards, since names have their beginnings in common. */
export function isAt(bytes: Buffer, start: number, wanted: Buffer): boolean {
  for (let i = wanted.length - 1; i >= 0; i--) {
    if (bytes[start + i] !== wanted[i]) return false;
  }
  return true;
}
