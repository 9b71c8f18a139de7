/** What an item's preparation depends on. */
export interface PreparedItem {
  category: 'drink' | 'food';
  quantity: number;
  /** How long one of it takes, in life. */
  preparationSeconds: number;
}

/**
 * How long an order takes one barista, in seconds of life. Drinks are made one after the other. Food goes into
 * the oven all at once and is done while the drinks are being made, so only the longest counts.
 */
export function preparationSeconds(items: readonly PreparedItem[]): number {
  let drinks = 0;
  let food = 0;
  for (const item of items) {
    if (item.category === 'drink') drinks += item.quantity * item.preparationSeconds;
    else food = Math.max(food, item.preparationSeconds);
  }
  return Math.max(drinks, food);
}

/**
 * Milliseconds on the clock for so many seconds of life.
 * @param speed how many times faster than life; 0 stands for no waiting at all
 */
export function millisecondsAt(speed: number, seconds: number): number {
  return speed === 0 ? 0 : Math.round((seconds * 1000) / speed);
}
