import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layout, root } from '../paths.ts';
import type { Ports } from '../ports.ts';

/** Fixed, so that a client that has met this cluster meets the same one after a stop, in the sandbox or in Docker. */
export const clusterId = '5nnS6DRtQnKwoMjkkVxxug';

/** One Kafka node: a broker that is also one of the voters of the metadata quorum. */
export interface KafkaNode {
  /** 1, 2, 3: node.id. */
  id: number;
  /** kafka-1, kafka-2, kafka-3. */
  name: string;
  /** Port of its EXTERNAL listener. */
  port: number;
  /** Its log.dirs. */
  data: string;
  /** Its settings, beside those that all nodes share. */
  settings: Record<string, string>;
}

/** The three nodes of a folder. Everything listens on 127.0.0.1: "localhost" may be ::1, where nobody listens. */
export function kafkaNodes(dir: string, ports: Ports): KafkaNode[] {
  const voters = ports.controller.map((port, index) => `${index + 1}@127.0.0.1:${port}`).join(',');
  return ports.external.map((port, index) => {
    const id = index + 1;
    const advertised = `EXTERNAL://127.0.0.1:${port},INTERNAL://127.0.0.1:${ports.internal[index]}`;
    const data = layout(dir).brokerData(id);
    return {
      id,
      name: `kafka-${id}`,
      port,
      data,
      settings: {
        'process.roles': 'broker,controller',
        'node.id': String(id),
        'controller.quorum.voters': voters,
        listeners: `${advertised},CONTROLLER://127.0.0.1:${ports.controller[index]}`,
        'advertised.listeners': advertised,
        'log.dirs': data,
      },
    };
  });
}

/** The text of a node's properties file: the shared settings of infra/kafka and its own. */
export async function propertiesOf(node: KafkaNode, data = node.data): Promise<string> {
  const shared = await readFile(join(root, 'infra/kafka/config/server.properties'), 'utf8');
  return `${shared}\n# This node alone.\n${toProperties({ ...node.settings, 'log.dirs': data })}`;
}

/** Settings in Java's .properties format: "\" escapes, so a backslash in a value has to be escaped itself. */
export function toProperties(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value.replaceAll('\\', '\\\\')}\n`)
    .join('');
}
