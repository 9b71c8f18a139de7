/** How generated code is laid out. Biome leaves generated files alone, so this does what Biome would. */
const LINE_WIDTH = 110;

/** A doc comment with its line break, on one line if it fits; nothing when there is no text. */
export function docComment(text: string | undefined, indent: number): string {
  if (text === undefined) return '';
  const margin = ' '.repeat(indent);
  const short = `${margin}/** ${text} */`;
  if (short.length <= LINE_WIDTH) return `${short}\n`;
  const lines = wrap(text, LINE_WIDTH - indent - ' * '.length);
  return `${margin}/**\n${lines.map((line) => `${margin} * ${line}\n`).join('')}${margin} */\n`;
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/**
 * A JSON value as a TypeScript literal.
 * @param indent of the line that it begins on
 * @param used characters of that line that are taken already, and will be after it
 */
export function literal(value: unknown, indent: number, used: number): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return String(value);

  const isList = Array.isArray(value);
  const [open, close] = isList ? '[]' : '{}';
  const entries = isList
    ? value.map((item) => ['', item] as const)
    : Object.entries(value).map(([k, v]) => [`${k}: `, v] as const);

  const flat = entries.map(([label, item]) => label + literal(item, 0, Number.NEGATIVE_INFINITY)).join(', ');
  const oneLine = isList ? `[${flat}]` : `{ ${flat} }`;
  if (used + oneLine.length <= LINE_WIDTH) return oneLine;

  const inner = indent + 2;
  const lines = entries.map(
    ([label, item]) =>
      `${' '.repeat(inner)}${label}${literal(item, inner, inner + label.length + ','.length)},\n`,
  );
  return `${open}\n${lines.join('')}${' '.repeat(indent)}${close}`;
}

/** Single quotes, or double ones where that saves escapes. */
function quoted(text: string): string {
  const json = JSON.stringify(text);
  return text.includes("'") ? json : `'${json.slice(1, -1).replaceAll('\\"', '"')}'`;
}
