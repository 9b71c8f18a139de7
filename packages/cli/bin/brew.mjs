#!/usr/bin/env node
// `npx brew` from any Node ≥ 20, and from any folder of the checkout: goes on with the Node that the project pins.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pinnedNode, run } from '../../../scripts/pinnedNode.mjs';

if (!existsSync(pinnedNode)) {
  console.error(
    'The pinned Node is not installed. Run `npm start` or `npm test` once: both install what is missing.',
  );
  process.exit(1);
}
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
process.exit(await run(pinnedNode, [main, ...process.argv.slice(2)], { cwd: process.cwd() }));
