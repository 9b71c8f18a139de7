// Jest runs the TypeScript files as they are: Node strips the types, nothing is transformed.
const common = {
  transform: {},
  extensionsToTreatAsEsm: ['.ts'],
  modulePathIgnorePatterns: ['<rootDir>/.brew/'],
};

export default {
  projects: [
    {
      ...common,
      displayName: 'unit',
      testMatch: ['<rootDir>/{packages,services,scripts}/**/*.test.ts'],
      testPathIgnorePatterns: ['/node_modules/', '\\.int\\.test\\.ts$'],
    },
    {
      ...common,
      displayName: 'integration',
      // In src: templates/ has those of consumers that are still to be written.
      testMatch: ['<rootDir>/{packages,services}/*/src/**/*.int.test.ts'],
      globalSetup: '<rootDir>/packages/sandbox/src/testing/globalSetup.ts',
      globalTeardown: '<rootDir>/packages/sandbox/src/testing/globalTeardown.ts',
    },
    {
      ...common,
      displayName: 'e2e',
      testMatch: ['<rootDir>/e2e/**/*.e2e.test.ts'],
    },
    {
      ...common,
      displayName: 'compose',
      testMatch: ['<rootDir>/e2e/**/*.compose.test.ts'],
    },
  ],
};
