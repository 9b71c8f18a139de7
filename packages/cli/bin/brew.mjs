#!/usr/bin/env node
// Runs the CLI on the Node that the project pins, so that `npx brew` works from any Node ≥ 20.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const pinnedNode = fileURLToPath(new URL('../../../node_modules/node/bin/node', import.meta.url));
if (!existsSync(pinnedNode)) {
  console.error('brew: the pinned Node is not installed. Run `npm start` or `npm test` once: both install what is missing.');
  process.exit(1);
}
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const child = spawn(pinnedNode, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
// The terminal sends Ctrl-C to both processes; only a signal sent to this one alone has to be passed on.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 143)));
