import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseProperties } from '../../text/properties.ts';
import { listed, type Setting, type Storage } from '../node.ts';

/** Kafka's, when nothing is said. It is not asked for: nobody keeps data there on purpose. */
const LOG_SETTINGS = ['log.dirs', 'log.dir', 'metadata.log.dir'];

/** Looks at a node's log folders on this machine. */
export async function readStorage(settings: ReadonlyMap<string, Setting>): Promise<Storage[]> {
  const folders = new Map<string, Setting>();
  for (const name of LOG_SETTINGS) {
    const setting = settings.get(name);
    // log.dir counts only without log.dirs.
    if (setting && !(name === 'log.dir' && folders.size > 0)) {
      for (const folder of listed(setting.value)) folders.set(resolve(folder), setting);
    }
  }
  return await Promise.all([...folders].map(([folder, setting]) => look(folder, setting)));
}

async function look(folder: string, setting: Setting): Promise<Storage> {
  const exists = (await stat(folder).catch(() => undefined)) !== undefined;
  const text = await readFile(join(folder, 'meta.properties'), 'utf8').catch(() => undefined);
  if (text === undefined) return { folder, setting, exists, meta: undefined };
  const properties = new Map(parseProperties(text).map(({ name, value }) => [name, value]));
  const nodeId = properties.get('node.id');
  return {
    folder,
    setting,
    exists,
    meta: {
      clusterId: properties.get('cluster.id'),
      nodeId: nodeId === undefined ? undefined : Number(nodeId),
    },
  };
}
