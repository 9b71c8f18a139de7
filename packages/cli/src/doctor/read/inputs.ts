import { readdir, readFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { findRun, kafkaNodes, layout } from '@brew/sandbox';
import { FileUnreadableError } from '../../errors.ts';
import type { NodeConfig } from '../node.ts';
import { composeNodes } from './compose.ts';
import { propertiesNode } from './propertiesNode.ts';

/**
 * The nodes that these files describe: each .properties file is one; compose files, whose names end in .yml or .yaml, are put
 * together, and each of their Kafka services is one.
 * @throws FileUnreadableError
 */
export async function readNodes(
  files: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<NodeConfig[]> {
  const inputs = await Promise.all(
    files.map(async (file) => ({ path: resolve(file), text: await read(file) })),
  );
  const isCompose = ({ path }: { path: string }) => ['.yml', '.yaml'].includes(extname(path));
  const properties = inputs.filter((input) => !isCompose(input));
  const compose = inputs.filter(isCompose);
  const nodes = [
    ...(await Promise.all(properties.map(({ path, text }) => propertiesNode(text, path)))),
    ...(compose.length > 0 ? await composeNodes(compose, env) : []),
  ];
  const [first] = files;
  if (nodes.length === 0 && first !== undefined)
    throw new FileUnreadableError(first, 'no service in it is a Kafka node');
  return nodes;
}

async function read(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : String(code);
    throw new FileUnreadableError(file, why);
  }
}

/** The settings that the sandbox has written for its nodes; none if it was never started from this folder. */
export async function sandboxFiles(dir: string): Promise<string[]> {
  const { config } = layout(dir);
  const run = await findRun(dir);
  if (run) return kafkaNodes(dir, run.ports, run.kafka).map(({ name }) => join(config, `${name}.properties`));
  const names = await readdir(config).catch(() => []);
  return names
    .filter((name) => name.endsWith('.properties'))
    .sort()
    .map((name) => join(config, name));
}
