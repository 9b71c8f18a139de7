export { infrastructure, type TestInfrastructure } from './infrastructure.ts';
export { uniqueName } from './uniqueName.ts';
export { until } from './until.ts';
