import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { completeOrAbsent } from '../artifacts/fetch.ts';
import type { Jdk } from '../artifacts/java.ts';
import { FormatError } from '../errors.ts';
import { layout } from '../paths.ts';
import { lastLines } from '../processes/lastLines.ts';
import type { ProcessSpec } from '../processes/supervisor.ts';
import { brokerFlags, kafkaProgram, shortLivedFlags } from './jvm.ts';
import { clusterId, type KafkaNode, propertiesOf } from './nodes.ts';
import { onlyWaitsForQuorum } from './stop.ts';

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
export async function brokerSpec(
  node: KafkaNode,
  { dir, jars, jdk }: { dir: string; jars: string; jdk: Jdk },
): Promise<ProcessSpec> {
  const { config } = layout(dir);
  await mkdir(config, { recursive: true });
  const file = join(config, `${node.name}.properties`);
  await writeFile(file, await propertiesOf(node));
  const archive = `${jars}-java${jdk.version}.jsa`;
  return {
    name: node.name,
    command: jdk.java,
    args: kafkaProgram(jars, brokerFlags(archive, node.id === 1), 'kafka.Kafka', [file]),
    cwd: dir,
    env: process.env,
    background: true,
    mayBeKilled: (left) => onlyWaitsForQuorum(node, left, archive),
  };
}

async function format(node: KafkaNode, folder: string, jars: string, jdk: Jdk): Promise<void> {
  const config = `${folder}.properties`;
  try {
    await writeFile(config, await propertiesOf(node, folder));
    const args = ['format', '--cluster-id', clusterId, '--config', config];
    await promisify(execFile)(jdk.java, kafkaProgram(jars, shortLivedFlags, 'kafka.tools.StorageTool', args));
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
