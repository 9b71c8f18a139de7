// Jest runs the TypeScript files as they are: Node strips the types, nothing is transformed.
const common = {
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.brew/'],
};

const onSystem = (kafka) => ({
  ...common,
  globalSetup: `<rootDir>/e2e/setup/${kafka}.ts`,
  globalTeardown: '<rootDir>/e2e/setup/teardown.ts',
});

export default {
  // A bound on what hangs, and on nothing else: how long something takes is for benchmarks to say.
  testTimeout: 15 * 60_000,
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/{packages,services,scripts}/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.(int|e2e)\\.test\\.ts$'],
    },
    {
      ...common,
      displayName: 'integration',
      // In src: templates/ has those of consumers that are still to be written.
      testMatch: ['<rootDir>/{packages,services}/*/src/**/*.int.test.ts'],
      globalSetup: '<rootDir>/packages/sandbox/src/testing/globalSetup.ts',
      globalTeardown: '<rootDir>/packages/sandbox/src/testing/globalTeardown.ts',
    },
    // Each of these two starts one system, on which its files run one after the other.
    {
      ...onSystem('combined'),
      displayName: 'e2e',
      testMatch: ['<rootDir>/e2e/*.e2e.test.ts'],
    },
    {
      ...onSystem('dedicated'),
      displayName: 'dedicated',
      testMatch: ['<rootDir>/e2e/dedicated/*.e2e.test.ts', '<rootDir>/packages/*/src/**/*.e2e.test.ts'],
    },
    // Systems of their own.
    {
      ...common,
      displayName: 'own',
      testMatch: ['<rootDir>/e2e/own/*.e2e.test.ts'],
    },
    {
      ...common,
      displayName: 'compose',
      testMatch: ['<rootDir>/e2e/compose/*.compose.test.ts'],
    },
  ],
};
