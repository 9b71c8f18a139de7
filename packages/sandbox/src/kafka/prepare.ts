import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { completeOrAbsent } from '../artifacts/fetch.ts';
import { classArchive, type Jdk } from '../artifacts/java.ts';
import { FormatError, KafkaModeDiffersError } from '../errors.ts';
import { layout } from '../paths.ts';
import { lastLines } from '../processes/lastLines.ts';
import type { ProcessSpec } from '../processes/supervisor.ts';
import { kafkaProgram, nodeFlags, toolFlags } from './jvm.ts';
import { clusterId, type KafkaMode, type KafkaNode, propertiesOf, writesArchive } from './nodes.ts';
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

/**
 * Formats the data folders that are not there yet; those that are keep their data.
 *
 * @returns whether any was formatted
 * @throws FormatError, also when a folder belongs to another cluster
 */
export async function formatNodes(
  nodes: readonly KafkaNode[],
  { jars, jdk }: { jars: string; jdk: Jdk },
): Promise<boolean> {
  const formatted = await Promise.all(
    nodes.map(async (node) => {
      await mkdir(join(node.data, '..'), { recursive: true });
      const { fetched } = await completeOrAbsent(node.data, (folder) => format(node, folder, jars, jdk));
      await checkCluster(node);
      return fetched;
    }),
  );
  return formatted.includes(true);
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
    env: process.env,
    mayBeKilled: (left) => onlyWaitsForQuorum(node, left, archive),
  };
}

async function format(node: KafkaNode, folder: string, jars: string, jdk: Jdk): Promise<void> {
  const config = `${folder}.properties`;
  try {
    await writeFile(config, await propertiesOf(node, folder));
    const args = ['format', '--cluster-id', clusterId, '--config', config];
    const flags = toolFlags(classArchive(jars, jdk));
    await promisify(execFile)(jdk.java, kafkaProgram(jars, flags, 'kafka.tools.StorageTool', args));
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new FormatError(node.name, lastLines(stdout + stderr), error);
  } finally {
    await rm(config, { force: true });
  }
}

async function checkCluster(node: KafkaNode): Promise<void> {
  const meta = await readFile(join(node.data, 'meta.properties'), 'utf8').catch(() => '');
  if (!meta.includes(`cluster.id=${clusterId}`)) {
    throw new FormatError(
      node.name,
      `${node.data} is not of cluster ${clusterId}; its meta.properties is:\n${meta}`,
    );
  }
}
