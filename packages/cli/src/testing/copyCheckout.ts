import { execFile } from 'node:child_process';
import { cp, glob, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { readServiceList } from '../newConsumer/listFiles.ts';
import { root } from '../paths.ts';

/** A checkout of its own for what changes files. */
export interface Checkout extends AsyncDisposable {
  root: string;
  /** Runs git in it, and resolves with what it says. */
  git(...args: string[]): Promise<string>;
}

/**
 * Copies the checkout as it is now, changes that are in no commit included, into a repository in which all of it is committed. Left out
 * are consumers that somebody made here: a test makes its own. Its packages are linked to each other, and to what is installed
 * here: nothing is downloaded.
 */
export async function copyCheckout(): Promise<Checkout> {
  const copy = await mkdtemp(join(tmpdir(), 'brew-checkout-'));
  const gitIn =
    (cwd: string) =>
    async (...args: string[]) =>
      (await promisify(execFile)('git', args, { cwd, maxBuffer: 64 * 1024 ** 2 })).stdout;

  const files = await gitIn(root)('ls-files', '--cached', '--others', '--exclude-standard', '-z');
  for (const file of files.split('\0').filter(Boolean)) {
    await mkdir(dirname(join(copy, file)), { recursive: true });
    // One that was deleted is in git's list until that is committed.
    await cp(join(root, file), join(copy, file)).catch((error) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
  for await (const folder of glob('{.,*,*/*}/node_modules', {
    cwd: root,
    exclude: (name) => name === '.brew',
  })) {
    // Links within the checkout are relative, so copies of them lead to the copy. What is behind .pnpm is shared.
    await cp(join(root, folder), join(copy, folder), {
      recursive: true,
      verbatimSymlinks: true,
      filter: (source) => !source.endsWith('/.pnpm'),
    });
  }
  await symlink(join(root, 'node_modules/.pnpm'), join(copy, 'node_modules/.pnpm'));
  // What the sandbox has fetched, or will.
  await mkdir(join(root, '.brew/cache'), { recursive: true });
  await mkdir(join(copy, '.brew'));
  await symlink(join(root, '.brew/cache'), join(copy, '.brew/cache'));

  const { consumers, filesWith } = await readServiceList(copy);
  for (const [path, text] of filesWith([])) await writeFile(join(copy, path), text);
  for (const { folder } of consumers) await rm(join(copy, folder), { recursive: true, force: true });

  const git = gitIn(copy);
  await git('init', '--quiet');
  await git('add', '--all');
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
  await git(...who, 'commit', '--quiet', '--message', 'A copy');
  return { root: copy, git, [Symbol.asyncDispose]: () => rm(copy, { recursive: true, force: true }) };
}
