/** Up to three of the names that somebody may have meant: those that have it in them, or are a few letters off, the nearest first. */
export function similar(wanted: string, names: readonly string[]): string[] {
  const near = (name: string) => {
    const within = name.includes(wanted) || wanted.includes(name);
    return within ? 1 : distance(wanted, name);
  };
  return [...new Set(names)]
    .map((name) => ({ name, far: near(name) }))
    .filter(({ far }) => far <= Math.max(2, wanted.length / 3))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ name }) => name);
}

/** How many letters have to be put in, left out or changed to make one of the other (Levenshtein). */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const changed = (above[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(changed, (above[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1));
    }
    above = current;
  }
  return above[b.length] ?? 0;
}
