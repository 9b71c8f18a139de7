import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { composeFile, renderCompose } from './renderCompose.ts';
import { listFile, readList, type ServiceEntry, withConsumers } from './serviceList.ts';

/** The list of services in a checkout. */
export interface ServiceList {
  services: readonly ServiceEntry[];
  consumers: readonly ServiceEntry[];
  /** The files that the list is in, by path from the root, as they are with other consumers. */
  filesWith(consumers: readonly ServiceEntry[]): Map<string, string>;
}

export async function readServiceList(root: string): Promise<ServiceList> {
  const text = await readFile(join(root, listFile), 'utf8');
  return {
    ...readList(text),
    filesWith: (consumers) =>
      new Map([
        [listFile, withConsumers(text, consumers)],
        [composeFile, renderCompose(consumers)],
      ]),
  };
}
