import { basename } from 'node:path';
import { parseProperties } from '../../text/properties.ts';
import type { NodeConfig, Setting } from '../node.ts';
import { readStorage } from './storage.ts';

/** The node that a server.properties file describes. */
export async function propertiesNode(text: string, file: string): Promise<NodeConfig> {
  const settings = settingsIn(text, file);
  return {
    name: basename(file).replace(/\.properties$/, ''),
    file,
    settings,
    container: false,
    published: [],
    clusterId: undefined,
    storage: await readStorage(settings),
  };
}

/** By name. Of several the last one counts. */
export const settingsIn = (text: string, file: string): Map<string, Setting> =>
  new Map(parseProperties(text).map(({ name, value, line }) => [name, { value, file, line }]));
