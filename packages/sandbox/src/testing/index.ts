export { images, whyNoContainers } from '../containers/engine.ts';
export { isAlive, processIdentity } from '../processes/processIdentity.ts';
export { infrastructure, type TestInfrastructure } from './infrastructure.ts';
export { onlyIf } from './onlyIf.ts';
export { runningSystem, systemVariable } from './runningSystem.ts';
export { runVariable } from './runVariable.ts';
export { temporaryFolder } from './temporaryFolder.ts';
export { uniqueName } from './uniqueName.ts';
export { until } from './until.ts';
