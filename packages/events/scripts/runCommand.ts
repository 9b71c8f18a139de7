import { parseArgs } from 'node:util';

/**
 * A small command: flags without values, and --help. Prints the sentence that it returns; prints the message of
 * what it throws, without a stack trace, and makes the exit code 1 (2 for a flag that it does not take).
 */
export function runCommand<Flag extends string>(
  help: string,
  flags: readonly Flag[],
  run: (flags: Record<Flag, boolean>) => string,
): void {
  let values: Record<string, unknown>;
  try {
    const names = [...flags, 'help'];
    ({ values } = parseArgs({
      options: Object.fromEntries(names.map((name) => [name, { type: 'boolean' as const }])),
    }));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`);
    process.exitCode = 2;
    return;
  }
  if (values.help) {
    console.log(help);
    return;
  }
  try {
    console.log(
      run(Object.fromEntries(flags.map((flag) => [flag, values[flag] === true])) as Record<Flag, boolean>),
    );
  } catch (error) {
    console.error((error as Error).message);
    process.exitCode = 1;
  }
}
