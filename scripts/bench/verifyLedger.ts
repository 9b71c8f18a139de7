import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Bench } from './bench.ts';
import type { Bar } from './verdict.ts';

const root = join(import.meta.dirname, '../..');

/** The ledger reads every topic once more, and counts every order and every cent. */
export function verifyLedger({ dir }: Bench): Promise<Bar> {
  const child = spawn(process.execPath, ['packages/cli/src/main.ts', 'verify'], {
    cwd: root,
    env: { ...process.env, BREW_DIR: dir },
    stdio: 'inherit',
  });
  return new Promise((resolve) =>
    child.on('close', (code) =>
      resolve({ what: 'the ledger has no breach', met: code === 0, seen: `brew verify ended with ${code}` }),
    ),
  );
}
