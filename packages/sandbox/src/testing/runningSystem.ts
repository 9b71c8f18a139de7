/** Carries the folder of the system that was started for a project of tests into its workers. */
export const systemVariable = 'BREW_TEST_SYSTEM';

/** The folder of the whole system that all tests of this project run on, one file after the other: each leaves it as it was. */
export function runningSystem(): string {
  const dir = process.env[systemVariable];
  if (!dir) {
    throw new Error(
      `${systemVariable} is not set. Run this test as part of its project in jest.config.mjs: its globalSetup starts a system.`,
    );
  }
  return dir;
}
