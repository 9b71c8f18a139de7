type Fields = { readonly [name: string]: true | Fields };

/** All fields that any of them asks for. */
export function mergeFields(all: readonly object[]): Fields {
  const merged: Record<string, true | Fields> = {};
  for (const fields of all as readonly Fields[]) {
    for (const [name, inner] of Object.entries(fields)) {
      const before = merged[name] ?? {};
      merged[name] = inner === true || before === true ? true : mergeFields([before, inner]);
    }
  }
  return merged;
}
