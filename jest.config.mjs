// Jest runs the TypeScript files as they are: Node strips the types, nothing is transformed.
const common = {
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.brew/'],
};

/** A bound on what hangs, and on nothing else: how long something takes is for benchmarks to say. */
const minutes = (n) => ({ testTimeout: n * 60_000 });

export default {
  projects: [
    {
      ...common,
      ...minutes(2),
      displayName: 'unit',
      testMatch: ['<rootDir>/{packages,services,scripts}/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.int\\.test\\.ts$'],
    },
    {
      ...common,
      ...minutes(10),
      displayName: 'integration',
      // In src: templates/ has those of consumers that are still to be written.
      testMatch: ['<rootDir>/{packages,services}/*/src/**/*.int.test.ts'],
      globalSetup: '<rootDir>/packages/sandbox/src/testing/globalSetup.ts',
      globalTeardown: '<rootDir>/packages/sandbox/src/testing/globalTeardown.ts',
    },
    {
      ...common,
      ...minutes(10),
      displayName: 'e2e',
      testMatch: ['<rootDir>/e2e/**/*.e2e.test.ts'],
    },
    {
      ...common,
      ...minutes(10),
      displayName: 'compose',
      testMatch: ['<rootDir>/e2e/**/*.compose.test.ts'],
    },
  ],
};
