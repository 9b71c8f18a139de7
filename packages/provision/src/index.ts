export { ensureDatabases, registryDatabase } from './databases.ts';
export { TopicDiffersError } from './errors.ts';
export { insist } from './insist.ts';
export {
  type Belongings,
  ensureService,
  lookAtService,
  type Running,
  removeService,
} from './oneService.ts';
export { ensureSchemas } from './schemas.ts';
export { consumers, type ServiceDeclaration, services } from './services.ts';
export { declaredTopics, ensureTopics } from './topics.ts';
