import { globSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { root } from './execute.ts';
import type { Project } from './jest.ts';

/** What can be asked for by name, in the order in which it is run, and the projects of Jest that it has. */
const projectsOf = {
  check: [],
  unit: ['unit'],
  integration: ['integration'],
  e2e: ['e2e', 'dedicated', 'own'],
  compose: ['compose'],
} as const satisfies Record<string, readonly Project[]>;

export type Step = keyof typeof projectsOf;

export const steps = Object.keys(projectsOf) as Step[];

/** What is to be run: the checks of the code, and test files by project. */
export interface Selection {
  check: boolean;
  files: Record<Project, string[]>;
  /** Only tests whose names have this in them. */
  name?: string | undefined;
}

/** Something that was asked for is not there. The message says what there is. */
export class NothingSelectedError extends Error {}

// As the projects of jest.config.mjs have them.
const patterns: Record<Project, RegExp> = {
  unit: /^(packages|services|scripts)\/(?!.*\.(int|e2e)\.test\.ts$).*\.test\.ts$/,
  integration: /^(packages|services)\/[^/]+\/src\/.*\.int\.test\.ts$/,
  e2e: /^e2e\/[^/]+\.e2e\.test\.ts$/,
  dedicated: /^(e2e\/dedicated|packages\/[^/]+\/src)\/.*\.e2e\.test\.ts$/,
  own: /^e2e\/own\/[^/]+\.e2e\.test\.ts$/,
  compose: /^e2e\/compose\/[^/]+\.compose\.test\.ts$/,
};

/** Every test file of the checkout, by project. */
function allFiles(): Record<Project, string[]> {
  const exclude = ['**/node_modules/**', 'packages/cli/templates/**'];
  const found = globSync('{packages,services,scripts,e2e}/**/*.test.ts', { cwd: root, exclude }).sort();
  return eachProject((project) => found.filter((file) => patterns[project].test(file)));
}

/** Something for each of the projects. */
export const eachProject = <T>(of: (project: Project) => T): Record<Project, T> =>
  Object.fromEntries(Object.keys(patterns).map((project) => [project, of(project as Project)])) as Record<
    Project,
    T
  >;

/**
 * @param wanted steps, files, folders or parts of their paths; all steps when there are none
 * @param name a part of tests' names
 * @throws NothingSelectedError
 */
export function select(wanted: readonly string[], name?: string): Selection {
  if (name === '') throw new NothingSelectedError('--name takes a part of the names of tests.');
  const all = allFiles();
  const isStep = (word: string): word is Step => (steps as readonly string[]).includes(word);
  // As a shell completes them, and as an editor copies them.
  const paths = wanted.filter((word) => !isStep(word)).map((path) => relative(root, resolve(root, path)));
  const chosen = wanted.length === 0 ? steps : wanted.filter(isStep);
  for (const path of paths) {
    if (
      Object.values(all)
        .flat()
        .some((file) => file.includes(path))
    )
      continue;
    throw new NothingSelectedError(
      `There is no step and no test file ${path}. The steps are ${steps.join(', ')}; --name TEXT takes tests by their names.`,
    );
  }
  const projects = new Set<Project>(chosen.flatMap((step) => projectsOf[step]));
  const files = eachProject((project) =>
    all[project].filter(
      (file) =>
        (projects.has(project) || paths.some((path) => file.includes(path))) &&
        (name === undefined || readFileSync(join(root, file), 'utf8').includes(name)),
    ),
  );
  if (name !== undefined && Object.values(files).flat().length === 0) {
    throw new NothingSelectedError(
      `No test file has "${name}" in it. Give a part of a test's name as its source has it, without what is filled in.`,
    );
  }
  return { check: name === undefined && chosen.includes('check'), files, name };
}

/** What it comes to, in words. */
export function renderSelection({ check, files }: Selection): string {
  const parts = Object.entries(files)
    .filter(([, some]) => some.length > 0)
    .map(([project, some]) => `${some.length} ${project} ${some.length === 1 ? 'file' : 'files'}`);
  const all = [...(check ? ['checks'] : []), ...parts];
  return all.length === 0 ? 'nothing of what was asked for is touched' : all.join(', ');
}
