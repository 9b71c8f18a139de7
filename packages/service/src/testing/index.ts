export { createTestBench, type TestBench, type TestBenchOptions } from './createTestBench.ts';
