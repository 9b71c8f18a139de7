export { images, whyNoContainers } from '../containers/engine.ts';
export { infrastructure, type TestInfrastructure } from './infrastructure.ts';
export { uniqueName } from './uniqueName.ts';
export { until } from './until.ts';
