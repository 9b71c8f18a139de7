import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** Where the sandbox keeps what it runs and what it writes, unless told otherwise. */
export const defaultDir = join(root, '.brew');

/**
 * Downloads, shared by all folders of the sandbox (tests use their own) so that none of them fetches twice.
 * Safe to delete.
 */
export const defaultCacheDir = join(defaultDir, 'cache');

/** What is where in a folder of the sandbox. */
export function layout(dir: string) {
  return {
    /** One log per process. */
    logs: join(dir, 'logs'),
    /** What runs now: see runFile.ts. */
    runFile: join(dir, 'run.json'),
    /** Whose it is: see claim.ts. */
    claims: join(dir, 'claims'),
    /** Where the process that runs it can be asked to end and start others: see control/. */
    control: join(dir, 'control'),
    /** Generated settings, written anew at each start. */
    config: join(dir, 'config'),
    /** Data that survives a stop. */
    data: join(dir, 'data'),
    postgresData: join(dir, 'data', 'postgres'),
  };
}
