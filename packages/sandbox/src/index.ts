export { type Infrastructure, startInfrastructure } from './infrastructure.ts';
export { defaultPorts, freePorts, type Ports } from './ports.ts';
export { type RunRecord, readRun } from './processes/runFile.ts';
export type { SystemSettings } from './serviceEnv.ts';
export { type ServiceDeclaration, services } from './services.ts';
export type { SandboxOptions } from './session.ts';
export type { OnStep, Step } from './steps.ts';
export { type System, startSystem } from './system.ts';
