import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from './execute.ts';
import { jestCommand, type Project } from './jest.ts';
import { eachProject, NothingSelectedError, type Selection } from './selection.ts';

/**
 * Of what was asked for, what a change touches, so that its answer is there in two minutes: the checks; unit tests that import something of it,
 * wherever they are; integration tests that do so and are of a package or service that it is in; and tests of whole systems that it
 * changes itself.
 *
 * A change is what differs from where this branch left main, what is in no commit included.
 * @returns how many files differ, too
 */
export async function onlyChanged(asked: Selection): Promise<{ differing: number; selection: Selection }> {
  const changed = await changedFiles();
  const related = new Set(await relatedTests(changed.filter((file) => file.endsWith('.ts'))));
  const opaque = changed.filter((file) => isOpaque(file) || !existsSync(join(root, file)));
  const files = touched(asked.files, { changed, opaque, related });
  return {
    differing: changed.length,
    selection: { ...asked, check: asked.check && changed.length > 0, files },
  };
}

interface Change {
  changed: readonly string[];
  /** Those of which nobody knows who needs them: all tests of their part are taken. */
  opaque: readonly string[];
  /** Test files that import one of the changed ones, directly or not. */
  related: ReadonlySet<string>;
}

export function touched(files: Selection['files'], { changed, opaque, related }: Change): Selection['files'] {
  const concernsEach = changed.some(concernsAll);
  const parts = new Set(changed.map(partOf));
  const opaqueParts = new Set(opaque.map(partOf));
  const isTouched = (project: Project, file: string): boolean => {
    if (concernsEach) return project === 'unit';
    if (project !== 'unit' && project !== 'integration') return changed.includes(file);
    if (opaqueParts.has(partOf(file))) return true;
    return related.has(file) && (project === 'unit' || parts.has(partOf(file)));
  };
  return eachProject((project) => files[project].filter((file) => isTouched(project, file)));
}

/** What every package depends on. */
const concernsAll = (file: string) =>
  ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', 'jest.config.mjs'].includes(file) ||
  file.startsWith('patches/');

/** What tests read, copy or start instead of importing it. */
export const isOpaque = (file: string): boolean =>
  !file.endsWith('.md') &&
  (!file.endsWith('.ts') || file.startsWith('packages/cli/templates/') || /[mM]ain\.ts$/.test(file));

/** The package or service that a file is in, or the one whose tests try it: packages/kafka. */
function partOf(file: string): string {
  if (file.startsWith('infra/prometheus/')) return 'packages/cli';
  // compose.test.ts of the sandbox reads what Docker Compose does.
  if (/^(infra\/|docker-compose\.yml|services\/compose\.yml|\.env\.example|Dockerfile)/.test(file))
    return 'packages/sandbox';
  return file.startsWith('scripts/') ? 'scripts' : file.split('/').slice(0, 2).join('/');
}

async function changedFiles(): Promise<string[]> {
  const mergeBase = (branch: string) => git('merge-base', 'HEAD', branch);
  const base = await mergeBase('origin/main')
    .catch(() => mergeBase('main'))
    .catch(() => {
      throw new NothingSelectedError(
        '--changed compares with main, and there is neither main nor origin/main.',
      );
    });
  const [differing, added] = await Promise.all([
    // -z: names as they are.
    git('diff', '--name-only', '--no-renames', '-z', base.trim()),
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
