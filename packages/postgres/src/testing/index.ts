export { createProxy, type PostgresProxy } from './createProxy.ts';
export { createTestDatabase, type TestDatabase } from './createTestDatabase.ts';
