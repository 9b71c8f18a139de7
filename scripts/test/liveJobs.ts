import startTestInfrastructure from '@brew/sandbox/testing/globalSetup';
import endTestInfrastructure from '@brew/sandbox/testing/globalTeardown';
import type { JestOptions, Project } from './jest.ts';
import type { Job } from './lanes.ts';
import { failure, type Result } from './result.ts';

type RunJest = (project: Project, files: readonly string[], options?: JestOptions) => Promise<Result>;

/**
 * What needs real brokers. Most of it waits, for sessions to end and for orders to be brewed, so several go side by side. On a system, one
 * file goes after the other, so those begin, the longest first; integration tests spread over what is free then.
 */
export function liveJobs(files: Record<Project, string[]>, runJest: RunJest): Job<Result[]>[] {
  const onSystem = (project: Project): Job<Result[]>[] =>
    files[project].length === 0
      ? []
      : [{ width: 1, run: async () => [await runJest(project, files[project])] }];
  const onInfrastructure =
    files.integration.length === 0 ? [] : [{ width: 2, run: () => integration(files.integration, runJest) }];
  return [
    ...onSystem('e2e'),
    ...onSystem('compose'),
    ...onSystem('dedicated'),
    ...onSystem('own'),
    ...onInfrastructure,
  ];
}

/**
 * Side by side, but for two kinds. Services: their consumer group ids are literals, so two tests of one service would share its partitions. And
 * what starts nodes of its own.
 */
async function integration(files: readonly string[], runJest: RunJest): Promise<Result[]> {
  const isService = (file: string) => file.startsWith('services/');
  const startsNodes = (file: string) => file.startsWith('packages/sandbox/');
  const others = files.filter((file) => !isService(file) && !startsNodes(file));
  try {
    await startTestInfrastructure();
  } catch (error) {
    console.error(error);
    return [
      failure('integration', `integration: what its ${files.length} files run on could not be started`),
    ];
  }
  try {
    const parts = [
      runJest('integration', others, { workers: 2 }),
      runJest('integration', files.filter(isService)),
      runJest('integration', files.filter(startsNodes)),
    ];
    return await Promise.all(parts);
  } finally {
    await endTestInfrastructure();
  }
}
