import { describeError } from './errors.ts';
import { createProgram } from './program.ts';
import { visible } from './text/visible.ts';

// `brew watch | head` closes our output: that is an end, not an error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

const verbose = process.argv.includes('--verbose');
let exitCode = 0;
try {
  const program = createProgram((code) => {
    exitCode = code;
  });
  await program.parseAsync();
} catch (error) {
  const { text, exitCode: code } = describeError(error, { verbose });
  if (text) process.stderr.write(`${visible(text)}\n`);
  exitCode = code;
}
process.exit(exitCode);
