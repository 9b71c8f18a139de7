import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { classArchive, type Jdk, javaEnv } from '../artifacts/java.ts';
import { KafkaModeDiffersError } from '../errors.ts';
import { layout } from '../paths.ts';
import type { ProcessSpec } from '../processes/supervisor.ts';
import { kafkaProgram, nodeFlags } from './jvm.ts';
import { type KafkaMode, type KafkaNode, propertiesOf, writesArchive } from './nodes.ts';
import { onlyWaitsForQuorum } from './stop.ts';

/**
 * Refuses data of the other mode. Its brokers would find themselves in a cluster without their topics, and delete
 * their records as strays.
 *
 * @throws KafkaModeDiffersError
 */
export async function requireSameMode(dir: string, mode: KafkaMode): Promise<void> {
  const has = async (name: string) =>
    (await stat(join(layout(dir).data, name)).catch(() => undefined)) !== undefined;
  const found: KafkaMode = (await has('controller-1')) ? 'dedicated' : 'combined';
  if (found !== mode && (await has('kafka-1'))) throw new KafkaModeDiffersError(dir, found);
}

/** Writes a node's settings and tells how to run it. */
export async function nodeSpec(
  node: KafkaNode,
  { dir, jars, jdk }: { dir: string; jars: string; jdk: Jdk },
): Promise<ProcessSpec> {
  const { config } = layout(dir);
  await mkdir(config, { recursive: true });
  const file = join(config, `${node.name}.properties`);
  await writeFile(file, await propertiesOf(node));
  const archive = classArchive(jars, jdk);
  const flags = nodeFlags(archive, { writesArchive: writesArchive(node), isBroker: node.isBroker });
  return {
    name: node.name,
    command: jdk.java,
    args: kafkaProgram(jars, flags, 'kafka.Kafka', [file]),
    cwd: dir,
    env: javaEnv(),
    ports: node.ports,
    mayBeKilled: (left) => onlyWaitsForQuorum(node, left, archive),
  };
}
