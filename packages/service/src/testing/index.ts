export { createEventBus, type EventBus, type EventBusOptions } from './createEventBus.ts';
export { createTestBench, type TestBench, type TestBenchOptions } from './createTestBench.ts';
export { exampleOf } from './exampleOf.ts';
export { orderNamed } from './orderNamed.ts';
export { type SpawnedMain, spawnMain } from './spawnMain.ts';
