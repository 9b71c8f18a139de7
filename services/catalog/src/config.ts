import { readConfig } from '@brew/service';
import { z } from 'zod';

export type CatalogConfig = ReturnType<typeof readCatalogConfig>;

/**
 * Reads and checks the environment.
 * @throws ConfigError that names every variable that is missing or malformed
 */
export function readCatalogConfig(env: NodeJS.ProcessEnv) {
  return readConfig('catalog', env, {
    PORT: z.coerce.number().int().min(0).max(65_535).default(3001),
  });
}
