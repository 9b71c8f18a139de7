import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Formats code as `npm run format` does it, imports in order included, but for what the linter would mend: to look for circles of imports
 * it reads the whole checkout, which takes ten times as long as all the rest.
 *
 * @throws what Biome says, when it can not read the code
 */
export async function format(root: string, paths: readonly string[]): Promise<void> {
  const biome = join(root, 'node_modules/@biomejs/biome/bin/biome');
  const args = [biome, 'check', '--write', '--linter-enabled=false', ...paths];
  await promisify(execFile)(process.execPath, args, { cwd: root });
}
