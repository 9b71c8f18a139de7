import { grouped as count } from '../text/format.ts';

/** How many of each kind are told with all their events; the rest is counted. */
const OF_EACH = 5;

/** The first few of each kind, so that one that is broken a thousand times does not hide the others. */
export function createExamples<Item>(kindOf: (item: Item) => string) {
  const found = new Map<string, number>();
  return {
    /** Whether it is among the first of its kind. */
    take(item: Item): boolean {
      const kind = kindOf(item);
      const before = found.get(kind) ?? 0;
      found.set(kind, before + 1);
      return before < OF_EACH;
    },
    /** How many more there were of which kind; undefined when there were none. */
    rest(): string | undefined {
      const more = [...found].filter(([, total]) => total > OF_EACH);
      if (more.length === 0) return undefined;
      return `… and ${more.map(([kind, total]) => `${count(total - OF_EACH)} more of ${kind}`).join(', ')}.`;
    },
  };
}
