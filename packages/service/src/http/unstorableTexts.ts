/**
 * Finds text that PostgreSQL can't keep and Avro can't write: NUL, and halves of surrogate pairs. JSON has a way to say
 * both (`"\u0000"`, `"\ud83d"`). Not refused here, they would be a failed statement, and a 500, further in.
 *
 * @param value what a schema has let through, so no deeper than the schema
 * @returns the path of each such text, such as items.0.sku
 */
export function unstorableTexts(value: unknown, path = ''): string[] {
  if (typeof value === 'string') return value.isWellFormed() && !value.includes('\0') ? [] : [path];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    unstorableTexts(member, path === '' ? key : `${path}.${key}`),
  );
}
