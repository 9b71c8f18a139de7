import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Makes a folder for the data of a system. Others may enter: root lends PostgreSQL to another user, who would have to go elsewhere. */
export async function temporaryFolder(prefix: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${prefix}-`));
  await chmod(folder, 0o755);
  return folder;
}
