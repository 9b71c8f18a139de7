import base from '../../jest.config.mjs';

// One project, as Stryker needs it. It gets the tests from scripts/mutate.ts, and which of them a mutant needs from Jest.
const [{ displayName, testPathIgnorePatterns, ...unit }] = base.projects;

export default {
  ...unit,
  rootDir: '../..',
  testMatch: JSON.parse(process.env.BREW_MUTATE_TESTS).map((pattern) => `<rootDir>/${pattern}`),
};
