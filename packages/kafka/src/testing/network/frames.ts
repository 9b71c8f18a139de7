const LENGTH_BYTES = 4;

/**
 * Cuts a stream of bytes into Kafka's frames: four bytes of length, then that many. What has come of a frame is put together once it is whole:
 * to do so with each piece of a large one would copy it over and over.
 */
export function frames(onFrame: (frame: Buffer) => void): (bytes: Buffer) => void {
  let pieces: Buffer[] = [];
  let size = 0;
  let needed = LENGTH_BYTES;
  return (bytes) => {
    pieces.push(bytes);
    size += bytes.length;
    if (size < needed) return;
    const whole = pieces.length === 1 ? bytes : Buffer.concat(pieces);
    let start = 0;
    needed = frameBytes(whole, start);
    while (needed <= size - start) {
      onFrame(whole.subarray(start, start + needed));
      start += needed;
      needed = frameBytes(whole, start);
    }
    pieces = start === size ? [] : [whole.subarray(start)];
    size -= start;
  };
}

const frameBytes = (bytes: Buffer, start: number): number =>
  bytes.length - start < LENGTH_BYTES ? LENGTH_BYTES : LENGTH_BYTES + bytes.readInt32BE(start);
