/**
 * What does as it likes with a terminal: C0 but tab and newline, DEL and C1, with which escape sequences begin; line and paragraph separators; and
 * what turns the direction of all that follows (BiDi marks, embeddings, overrides, isolates).
 */
const UNSAFE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Digits that nobody outside of this process knows: in a colour they say that it is ours. */
const OURS = Array.from({ length: 2 }, () => String(1_000 + Math.floor(Math.random() * 9_000))).join(';');
// biome-ignore lint/suspicious/noControlCharactersInRegex: how a colour begins
const COLOUR = /\u001b\[(\d+)m/g;
const OUR_COLOUR = new RegExp(`\\u001b\\[(\\d+);${OURS}m`, 'g');

/** Marks the colours in a text as ours, so that visible() lets them through. Only for text that has nothing of others in it, or is made visible. */
export const ownColours = (text: string): string => text.replace(COLOUR, `\u001b[$1;${OURS}m`);

/**
 * Text as a terminal may have it: what would control it is written as in JSON, `\u001b`, but for our own colours. So a line of JSON stays the
 * same JSON. All that a command writes goes through this, since any of it may come from a record.
 */
export function visible(text: string): string {
  if (text.search(UNSAFE) < 0) return text;
  let shown = '';
  let from = 0;
  for (const colour of text.matchAll(OUR_COLOUR)) {
    shown += `${escaped(text.slice(from, colour.index))}\u001b[${colour[1]}m`;
    from = colour.index + colour[0].length;
  }
  return shown + escaped(text.slice(from));
}

/** What others wrote, which has no colours, for a line that it is to stay on. */
export const onOneLine = (text: string): string =>
  escaped(text).replaceAll('\n', '\\n').replaceAll('\t', ' ');

const escaped = (text: string): string =>
  text.replace(UNSAFE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
