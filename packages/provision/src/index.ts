export { ensureDatabases, registryDatabase } from './databases.ts';
export { TopicDiffersError } from './errors.ts';
export { ensureSchemas } from './schemas.ts';
export { consumers, type ServiceDeclaration, services } from './services.ts';
export { declaredTopics, ensureTopics } from './topics.ts';
