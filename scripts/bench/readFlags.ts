import { type ParseArgsConfig, parseArgs } from 'node:util';

/**
 * The flags of a benchmark, as parseArgs reads them; -1 after one is its value.
 * @throws what is wrong and what to do, on one line
 */
export function readFlags<const Options extends NonNullable<ParseArgsConfig['options']>>(
  options: Options,
  args: readonly string[] = process.argv.slice(2),
) {
  const joined: string[] = [];
  for (const arg of args) {
    const flag = joined.at(-1);
    if (/^-[\d.]/.test(arg) && flag?.startsWith('--')) joined.splice(-1, 1, `${flag}=${arg}`);
    else joined.push(arg);
  }
  try {
    return parseArgs({ args: joined, options }).values;
  } catch (error) {
    const [what = ''] = (error as Error).message.split(/\.(?:\s|$)|\n/);
    throw new Error(
      `${what.replace('argument is ambiguous', 'has no value')}. Run it with --help to see what it takes.`,
    );
  }
}
