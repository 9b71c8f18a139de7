/**
 * The orders at hand: those that events came for lately. Each has a number as long as it is here, by which others keep in arrays what
 * they know of it. Its id stays the bytes that it came as: a string for each of a million events would cost more than all else.
 */
export interface Desk {
  /**
   * The number of the order whose id stands at `start` up to `end`. One that is not here comes here, and gets a number that is free.
   * @returns -1 for what is no id: longer than 64 bytes, or other than printable ASCII
   */
  find(bytes: Buffer, start: number, end: number): number;
  /** Whether it is the id of an order that is not here. */
  isStranger(bytes: Buffer, start: number, end: number): boolean;
  /** The order leaves; its number is free from now on. */
  remove(order: number): void;
  idOf(order: number): string;
  /** The ids of orders, to be stored. */
  pack(orders: readonly number[]): Buffer;
  /** The numbers of those that were packed, whether they are still here or come here again. */
  unpack(packed: Buffer): number[];
  /** Whether there is an order with this number. */
  has(order: number): boolean;
  /** Told of each order that comes here. */
  onArrival(listener: (order: number) => void): void;
  /** Told, and at once, for how many orders there has to be room. */
  onGrow(listener: (capacity: number) => void): void;
  /** How many orders are here. */
  readonly size: number;
}

/** An id and its length fit into a cache line. */
const LONGEST_ID = 63;
const SLOT = LONGEST_ID + 1;
const FIRST_CAPACITY = 1 << 12;
const NOBODY = -1;
/** How much of the end of an id tells orders apart: of a UUIDv7, 32 bits that are random. */
const TELLING = 8;

/** A hash table with open addressing over the bytes of the ids. */
export function createDesk(): Desk {
  let capacity = FIRST_CAPACITY;
  let ids = Buffer.alloc(capacity * SLOT);
  /** Two places for each order: at least half of them are free. */
  let places = new Int32Array(capacity * 2).fill(NOBODY);
  let free = freeFrom(0, capacity);
  let size = 0;
  const arrivals: ((order: number) => void)[] = [];
  const growths: ((capacity: number) => void)[] = [];

  const startOf = (order: number) => order * SLOT + 1;
  const endOf = (order: number) => startOf(order) + (ids[order * SLOT] as number);

  function placeFor(bytes: Buffer, start: number, end: number): number {
    let hash = end - start;
    for (let i = Math.max(start, end - TELLING); i < end; i++) {
      hash = (Math.imul(hash, 31) + (bytes[i] as number)) | 0;
    }
    // The table takes the lower bits, to which all of them are to contribute.
    return Math.imul(hash ^ (hash >>> 15), 0x9e3779b1) >>> 0;
  }

  function isAt(order: number, bytes: Buffer, start: number, length: number): boolean {
    const slot = order * SLOT;
    if (ids[slot] !== length) return false;
    // Backwards: ids of about the same time begin alike.
    for (let i = length; i > 0; i--) if (ids[slot + i] !== bytes[start + i - 1]) return false;
    return true;
  }

  /** The place of an id, or the free one where it belongs. */
  function search(bytes: Buffer, start: number, end: number): number {
    const mask = places.length - 1;
    let place = placeFor(bytes, start, end) & mask;
    for (;;) {
      const order = places[place] as number;
      if (order === NOBODY || isAt(order, bytes, start, end - start)) return place;
      place = (place + 1) & mask;
    }
  }

  function grow(): void {
    const before = capacity;
    capacity *= 2;
    const larger = Buffer.alloc(capacity * SLOT);
    ids.copy(larger);
    ids = larger;
    free = freeFrom(before, capacity);
    places = new Int32Array(capacity * 2).fill(NOBODY);
    for (let order = 0; order < before; order++) places[search(ids, startOf(order), endOf(order))] = order;
    for (const listener of growths) listener(capacity);
  }

  function arrive(place: number, bytes: Buffer, start: number, end: number): number {
    const order = free.pop() as number;
    places[place] = order;
    ids[order * SLOT] = end - start;
    bytes.copy(ids, startOf(order), start, end);
    size++;
    for (const listener of arrivals) listener(order);
    return order;
  }

  function find(bytes: Buffer, start: number, end: number): number {
    const length = end - start;
    if (length < 1 || length > LONGEST_ID) return NOBODY;
    const place = search(bytes, start, end);
    const known = places[place] as number;
    if (known !== NOBODY) return known;
    if (!isPrintable(bytes, start, end)) return NOBODY;
    if (free.length > 0) return arrive(place, bytes, start, end);
    grow();
    return arrive(search(bytes, start, end), bytes, start, end);
  }

  return {
    find,
    isStranger: (bytes, start, end) =>
      isId(bytes, start, end) && places[search(bytes, start, end)] === NOBODY,
    remove(order) {
      const mask = places.length - 1;
      let gap = search(ids, startOf(order), endOf(order));
      // Whoever stands behind it because its own place was taken moves up, or it would not be found any more.
      for (let next = (gap + 1) & mask; places[next] !== NOBODY; next = (next + 1) & mask) {
        const other = places[next] as number;
        const own = placeFor(ids, startOf(other), endOf(other)) & mask;
        if (((next - own) & mask) < ((next - gap) & mask)) continue;
        places[gap] = other;
        gap = next;
      }
      places[gap] = NOBODY;
      ids[order * SLOT] = 0;
      free.push(order);
      size--;
    },
    idOf: (order) => ids.toString('latin1', startOf(order), endOf(order)),
    pack(orders) {
      const packed = Buffer.allocUnsafe(orders.length * SLOT);
      let end = 0;
      for (const order of orders) end += ids.copy(packed, end, order * SLOT, endOf(order));
      return packed.subarray(0, end);
    },
    unpack(packed) {
      const orders: number[] = [];
      for (let at = 0; at < packed.length; at += 1 + (packed[at] as number)) {
        orders.push(find(packed, at + 1, at + 1 + (packed[at] as number)));
      }
      return orders;
    },
    has: (order) => ids[order * SLOT] !== 0,
    onArrival: (listener) => void arrivals.push(listener),
    onGrow(listener) {
      growths.push(listener);
      listener(capacity);
    },
    get size() {
      return size;
    },
  };
}

/** The lowest first: so as long as there are few orders, what is kept of them stands close together. */
const freeFrom = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => to - 1 - i);

const isId = (bytes: Buffer, start: number, end: number) =>
  end > start && end - start <= LONGEST_ID && isPrintable(bytes, start, end);

function isPrintable(bytes: Buffer, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte < 0x21 || byte > 0x7e) return false;
  }
  return true;
}
