import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { completeOrAbsent } from '../artifacts/fetch.ts';
import { classArchive, type Jdk, javaEnv } from '../artifacts/java.ts';
import { FormatError } from '../errors.ts';
import { lastLines } from '../processes/lastLines.ts';
import { kafkaProgram, toolFlags } from './jvm.ts';
import { clusterId, type KafkaNode, propertiesOf, sharedProperties } from './nodes.ts';

export interface FormatOptions {
  jars: string;
  jdk: Jdk;
  /** More arguments of StorageTool: what the cluster has from its first record on. */
  args?: readonly string[];
}

/**
 * Formats the data folders that are not there yet; those that are keep their data. Kafka's tool formats one folder beside its jars, and
 * each node gets a copy of that with ids of its own: a JVM for each of them takes a second of CPU.
 *
 * @returns whether any was formatted
 * @throws FormatError, also when a folder belongs to another cluster
 */
export async function formatNodes(nodes: readonly KafkaNode[], options: FormatOptions): Promise<boolean> {
  let template: Promise<string> | undefined;
  const formatted = await Promise.all(
    nodes.map(async (node) => {
      await mkdir(dirname(node.data), { recursive: true });
      const { fetched } = await completeOrAbsent(node.data, async (folder) => {
        template ??= templateLike(node, options);
        await copyFormatted(await template, folder, node.id);
      });
      await checkCluster(node);
      return fetched;
    }),
  );
  return formatted.includes(true);
}

/** Named after all that it depends on, so that whoever sets something else gets another one, and hears what Kafka says to that. */
async function templateLike(node: KafkaNode, { jars, jdk, args = [] }: FormatOptions): Promise<string> {
  const version = createHash('sha256')
    .update(JSON.stringify([clusterId, await sharedProperties(), args]))
    .digest('hex')
    .slice(0, 12);
  const { folder } = await completeOrAbsent(`${jars}-formatted-${version}`, (target) =>
    format(node, target, { jars, jdk, args }),
  );
  return folder;
}

async function format(
  node: KafkaNode,
  folder: string,
  { jars, jdk, args = [] }: FormatOptions,
): Promise<void> {
  const config = `${folder}.properties`;
  try {
    await writeFile(config, await propertiesOf(node, folder));
    const all = ['format', '--cluster-id', clusterId, ...args, '--config', config];
    const flags = toolFlags(classArchive(jars, jdk));
    const program = kafkaProgram(jars, flags, 'kafka.tools.StorageTool', all);
    await promisify(execFile)(jdk.java, program, { env: javaEnv() });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new FormatError(node.name, lastLines(stdout + stderr), error);
  } finally {
    await rm(config, { force: true });
  }
}

/** Two folders with one directory id would be one disk to the controllers: they could not tell which of them has failed. */
async function copyFormatted(template: string, folder: string, nodeId: number): Promise<void> {
  await cp(template, folder, { recursive: true });
  const file = join(folder, 'meta.properties');
  const lines = (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '');
  const shared = lines.filter((line) => !/^(node|directory)\.id=/.test(line));
  const own = [`node.id=${nodeId}`, `directory.id=${directoryId()}`];
  await writeFile(file, `${[...shared, ...own].join('\n')}\n`);
}

/** As Kafka's Uuid.randomUuid() makes them: none begins with a dash, which command lines would take for an option. */
function directoryId(): string {
  const id = Buffer.from(randomUUID().replaceAll('-', ''), 'hex').toString('base64url');
  return id.startsWith('-') ? directoryId() : id;
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
