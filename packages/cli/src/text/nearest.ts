/** A slip of the finger or two; more than that is another word. */
const MAX_DISTANCE = 3;
const MAX_SHARE = 0.4;

/** Those of the words that somebody may have meant, the nearest alone; whether letters are small or capital doesn't matter. */
export function nearest(meant: string, words: readonly string[]): string[] {
  const near = words
    .map((word) => ({ word, distance: distance(meant.toLowerCase(), word.toLowerCase()) }))
    .filter(({ word, distance }) => distance <= MAX_DISTANCE && distance <= MAX_SHARE * word.length);
  const least = Math.min(...near.map(({ distance }) => distance));
  return near.filter(({ distance }) => distance === least).map(({ word }) => word);
}

/** "Did you mean A or B?", or what else to do when nothing is near. */
export function suggestion(meant: string, words: readonly string[], otherwise: string): string {
  const near = nearest(meant, words);
  return near.length > 0 ? `Did you mean ${near.join(' or ')}?` : otherwise;
}

/** How many letters have to be put in, left out, changed or swapped with the next one (Damerau–Levenshtein). */
function distance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? 0;
  for (let i = 1; i <= a.length; i++) {
    rows[i] = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      rows[i]?.push(
        Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, changed, swapped ? at(i - 2, j - 2) + 1 : changed),
      );
    }
  }
  return at(a.length, b.length);
}
