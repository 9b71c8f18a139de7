import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeConfig } from '../node.ts';
import { propertiesNode } from '../read/propertiesNode.ts';

/** Settings to be other than they should be; undefined: not there. */
export type Changes = Readonly<Record<string, string | undefined>>;

const voters = '1@kafka-1:9093,2@kafka-2:9093,3@kafka-3:9093';
const controllerVoters = '101@c-1:9093,102@c-2:9093,103@c-3:9093';

const shared = {
  'controller.listener.names': 'CONTROLLER',
  'inter.broker.listener.name': 'INTERNAL',
  'listener.security.protocol.map': 'INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'default.replication.factor': '3',
  'min.insync.replicas': '2',
};

/** Nodes in which nothing is wrong but what a test changes, on three machines, with formatted folders of their own. */
export async function createSoundNodes(): Promise<{
  /** Three nodes that are both; `changes` by node id. */
  combined(changes?: Readonly<Record<number, Changes>>): Promise<NodeConfig[]>;
  /** Three controllers and as many brokers as are wanted. */
  dedicated(changes?: Readonly<Record<number, Changes>>, brokers?: number): Promise<NodeConfig[]>;
  /** Writes a node's meta.properties anew; without content, removes it. */
  format(id: number, content?: string): Promise<void>;
  remove(): Promise<void>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'brew-doctor-'));
  const dataOf = (id: number) => join(folder, `data-${id}`);
  const format = async (id: number, content = '') => {
    await mkdir(dataOf(id), { recursive: true });
    const file = join(dataOf(id), 'meta.properties');
    if (content === '') await rm(file, { force: true });
    else await writeFile(file, content);
  };

  async function node(id: number, settings: Changes, changes: Changes): Promise<NodeConfig> {
    const all = { 'node.id': `${id}`, ...shared, 'log.dirs': dataOf(id), ...settings, ...changes };
    const lines = Object.entries(all).flatMap(([name, value]) =>
      value === undefined ? [] : [`${name}=${value}`],
    );
    return await propertiesNode(`# node ${id}\n${lines.join('\n')}\n`, `node-${id}.properties`);
  }

  return {
    async combined(changes = {}) {
      // All of them first: one node may be told to look into the folder of another.
      for (const id of [1, 2, 3]) await format(id, metaOf(id));
      return Promise.all(
        [1, 2, 3].map((id) => {
          const advertised = `INTERNAL://kafka-${id}:9092,EXTERNAL://kafka-${id}:9094`;
          const listeners = `${advertised},CONTROLLER://kafka-${id}:9093`;
          const own = { 'process.roles': 'broker,controller', 'controller.quorum.voters': voters };
          return node(id, { ...own, listeners, 'advertised.listeners': advertised }, changes[id] ?? {});
        }),
      );
    },
    async dedicated(changes = {}, brokers = 3) {
      const controllerIds = [101, 102, 103];
      const brokerIds = Array.from({ length: brokers }, (_, index) => index + 1);
      for (const id of [...controllerIds, ...brokerIds]) await format(id, metaOf(id));
      return Promise.all([
        ...controllerIds.map((id) => {
          const own = { 'process.roles': 'controller', 'controller.quorum.voters': controllerVoters };
          return node(id, { ...own, listeners: 'CONTROLLER://:9093' }, changes[id] ?? {});
        }),
        ...brokerIds.map((id) => {
          const listeners = `INTERNAL://kafka-${id}:9092,EXTERNAL://kafka-${id}:9094`;
          const own = { 'process.roles': 'broker', 'controller.quorum.voters': controllerVoters };
          return node(id, { ...own, listeners, 'advertised.listeners': listeners }, changes[id] ?? {});
        }),
      ]);
    },
    format,
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}

export const metaOf = (nodeId: number, clusterId = '5nnS6DRtQnKwoMjkkVxxug') =>
  `#\nversion=1\ncluster.id=${clusterId}\nnode.id=${nodeId}\ndirectory.id=x\n`;
