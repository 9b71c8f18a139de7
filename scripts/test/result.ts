/** What a step, or a part of one, has come to. */
export interface Result {
  step: string;
  passed: number;
  failed: number;
  /** What failed, as it is told at the end: a file, and the test in it. */
  failures: string[];
  skipped: SkippedTest[];
  /** How long each test file took. */
  files: { file: string; seconds: number }[];
}

/** Something that could not even be run counts as one test that failed. */
export const failure = (step: string, what: string): Result => ({
  ...{ step, passed: 0, failed: 1, skipped: [], files: [] },
  failures: [what],
});

export interface SkippedTest {
  file: string;
  name: string;
  why: string;
}
