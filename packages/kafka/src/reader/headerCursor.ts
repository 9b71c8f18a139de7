import { ByteCursor } from './byteCursor.ts';
import { isAt } from './lookup.ts';

const nameBytes = new Map<string, Buffer>();

/** Header names that somebody asks for are few, and stand in the code. */
export function bytesOfName(name: string): Buffer {
  const known = nameBytes.get(name) ?? Buffer.from(name);
  nameBytes.set(name, known);
  return known;
}

/** A cursor over the headers of one record: `next()` moves it, and the positions tell where the name and the value are in `bytes`. */
export class HeaderCursor {
  bytes: Buffer = Buffer.alloc(0);
  /** How many are left. */
  left = 0;
  nameStart = 0;
  nameEnd = 0;
  valueStart = 0;
  /** Equal to `valueStart` for an empty value, smaller when there is none. */
  valueEnd = 0;

  readonly #at = new ByteCursor(this.bytes);
  #end = 0;

  /** Sets it before the first header of a record. @param start where their number is @param end of the record */
  moveTo(bytes: Buffer, start: number, end: number): void {
    this.bytes = bytes;
    this.#at.bytes = bytes;
    this.#at.position = start;
    this.#end = end;
    this.left = this.#at.varint();
  }

  /** Brokers refuse headers that don't fit into their record; if any came all the same, they would end there. */
  next(): boolean {
    if (this.left-- <= 0) return false;
    const at = this.#at;
    const nameLength = at.varint();
    this.nameStart = at.position;
    this.nameEnd = at.position += nameLength;
    const valueLength = at.varint();
    this.valueStart = at.position;
    this.valueEnd = valueLength < 0 ? this.valueStart - 1 : this.valueStart + valueLength;
    if (valueLength > 0) at.position = this.valueEnd;
    return nameLength >= 0 && at.position <= this.#end;
  }

  /** Leaves the positions at the last header of that name. @returns whether there is one */
  find(name: string): boolean {
    const wanted = bytesOfName(name);
    let start = -1;
    let end = -1;
    while (this.next()) {
      if (!this.isNamed(wanted)) continue;
      start = this.valueStart;
      end = this.valueEnd;
    }
    this.valueStart = start;
    this.valueEnd = end;
    return start >= 0;
  }

  isNamed(name: Buffer): boolean {
    return this.nameEnd - this.nameStart === name.length && isAt(this.bytes, this.nameStart, name);
  }
}
