/** A line of a .properties file that sets something. */
export interface Property {
  name: string;
  value: string;
  /** The first of its lines, from 1. */
  line: number;
}

/**
 * Reads Java's .properties format: `name=value`, `name:value` or `name value`, `#` and `!` comments, `\` before what is to be taken
 * literally and at the end of a line that goes on.
 * @see https://docs.oracle.com/en/java/javase/21/docs/api/java.base/java/util/Properties.html#load(java.io.Reader)
 */
export function parseProperties(text: string): Property[] {
  const found: Property[] = [];
  const lines = text.split(/\r\n|\r|\n/);
  for (let index = 0; index < lines.length; index++) {
    const line = index + 1;
    let logical = (lines[index] ?? '').trimStart();
    if (logical === '' || logical.startsWith('#') || logical.startsWith('!')) continue;
    // An odd number of backslashes: the last one is not itself taken literally.
    while (/(?:^|[^\\])(?:\\\\)*\\$/.test(logical) && index + 1 < lines.length) {
      logical = logical.slice(0, -1) + (lines[++index] ?? '').trimStart();
    }
    const { name = '', value = '' } =
      /^(?<name>(?:\\.|[^\\=:\s])*)\s*[=:]?\s*(?<value>.*)$/s.exec(logical)?.groups ?? {};
    found.push({ name: unescaped(name), value: unescaped(value).trim(), line });
  }
  return found;
}

const escapes: Record<string, string> = { t: '\t', n: '\n', r: '\r', f: '\f' };

const unescaped = (text: string): string =>
  text.replace(/\\(?:u([\da-fA-F]{4})|(.))/gs, (_all, code: string | undefined, character: string) =>
    code === undefined ? (escapes[character] ?? character) : String.fromCharCode(Number.parseInt(code, 16)),
  );
