import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { root } from './execute.ts';
import { jestCommand, type Project } from './jest.ts';
import { allFiles, eachProject, type Selection } from './selection.ts';

/**
 * What a change touches, so that its answer is there in two minutes: the checks; unit tests that import something of it, wherever they are;
 * integration tests that do so and are of a package or service that it is in; and tests of whole systems that it changes itself.
 *
 * A change is what differs from where this branch left main, what is in no commit included.
 */
export async function selectChanged(): Promise<Selection & { changed: string[] }> {
  const changed = await changedFiles();
  const all = allFiles();
  if (changed.some(concernsAll)) {
    return {
      changed,
      check: true,
      files: eachProject((project) => (project === 'unit' ? all.unit : [])),
    };
  }
  const parts = new Set(changed.map(partOf));
  // Of what Jest doesn't see the imports of (SQL, schemas, settings), all tests of its part are taken.
  const opaque = new Set(
    changed.filter((file) => !file.endsWith('.ts') && !file.endsWith('.md')).map(partOf),
  );
  const related = new Set(await relatedTests(changed.filter((file) => file.endsWith('.ts'))));
  const isTouched = (project: Project, file: string): boolean => {
    if (opaque.has(partOf(file))) return project === 'unit' || project === 'integration';
    if (project === 'unit') return related.has(file);
    if (project === 'integration') return related.has(file) && parts.has(partOf(file));
    return changed.includes(file);
  };
  return {
    changed,
    check: changed.length > 0,
    files: eachProject((project) => all[project].filter((file) => isTouched(project, file))),
  };
}

/** What every package depends on. */
const concernsAll = (file: string) =>
  ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'jest.config.mjs'].includes(file) ||
  file.startsWith('patches/');

/** The package or service that a file is in, or the one whose tests try it: packages/kafka. */
function partOf(file: string): string {
  if (file.startsWith('infra/prometheus/')) return 'packages/cli';
  if (file.startsWith('infra/')) return 'packages/sandbox';
  return file.split('/').slice(0, 2).join('/');
}

async function changedFiles(): Promise<string[]> {
  const mergeBase = (branch: string) => git('merge-base', 'HEAD', branch);
  const base = await mergeBase('origin/main').catch(() => mergeBase('main'));
  const [differing, added] = await Promise.all([
    // -z: names as they are. Deleted ones are still imported by those that are to fail now.
    git('diff', '--name-only', '-z', base.trim()),
    git('ls-files', '--others', '--exclude-standard', '-z'),
  ]);
  return [...new Set(`${differing}${added}`.split('\0').filter(Boolean))].sort();
}

async function git(...args: string[]): Promise<string> {
  return (await promisify(execFile)('git', args, { cwd: root, maxBuffer: 64 * 1024 ** 2 })).stdout;
}

/** The test files that import one of these, directly or not, or are one of these. */
async function relatedTests(files: readonly string[]): Promise<string[]> {
  if (files.length === 0) return [];
  const args = [...jestCommand, '--listTests', '--findRelatedTests', ...files];
  const { stdout } = await promisify(execFile)(process.execPath, args, {
    cwd: root,
    maxBuffer: 64 * 1024 ** 2,
  });
  return stdout
    .split('\n')
    .filter((line) => line.startsWith(root))
    .map((line) => line.slice(root.length + 1));
}
