import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { defaultPorts } from '../ports.ts';
import { formatNodes } from './format.ts';
import { kafkaNodes } from './nodes.ts';

describe('formatNodes', () => {
  let dir: string;
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'brew-format-'));
  });
  afterEach(() => rm(dir, { recursive: true }));

  const nodesOf = (folder: string) => kafkaNodes(join(dir, folder), defaultPorts, 'combined');
  const options = async (script: string, args: string[] = []) => {
    const java = join(dir, 'java');
    await writeFile(java, `#!/bin/sh\necho ran >> ${dir}/runs\n${script}`);
    await chmod(java, 0o755);
    return { jars: join(dir, 'jars'), jdk: { version: '25', major: 25, home: dir, java }, args };
  };
  /** What StorageTool does, as far as it matters: its last argument is the file that names the folder. */
  const formats = `for config; do :; done
folder=$(sed -n 's/^log.dirs=//p' "$config")
printf '#\\nversion=1\\ncluster.id=5nnS6DRtQnKwoMjkkVxxug\\nnode.id=7\\ndirectory.id=ofTheTemplate\\n' > "$folder/meta.properties"
echo checkpoint > "$folder/bootstrap.checkpoint"
`;
  const metaOf = async (data: string) => {
    const lines = (await readFile(join(data, 'meta.properties'), 'utf8')).split('\n');
    return Object.fromEntries(lines.filter((line) => line.includes('=')).map((line) => line.split('=')));
  };
  const runs = async () => (await readFile(join(dir, 'runs'), 'utf8')).split('\n').length - 1;

  test("runs Kafka's tool once for all nodes of all folders, and for other arguments again", async () => {
    expect(await formatNodes(nodesOf('one'), await options(formats))).toBe(true);
    expect(await formatNodes(nodesOf('two'), await options(formats))).toBe(true);
    expect(await runs()).toBe(1);
    await formatNodes(nodesOf('three'), await options(formats, ['--add-scram', 'alice']));
    expect(await runs()).toBe(2);
  });

  test('each folder is of one cluster and one node, and is a directory of its own', async () => {
    const nodes = [...nodesOf('one'), ...nodesOf('two')];
    await formatNodes(nodes, await options(formats));
    const metas = await Promise.all(nodes.map(({ data }) => metaOf(data)));
    for (const [index, meta] of metas.entries()) {
      expect(meta).toEqual({
        version: '1',
        'cluster.id': '5nnS6DRtQnKwoMjkkVxxug',
        'node.id': String(nodes[index]?.id),
        'directory.id': expect.stringMatching(/^\w[\w-]{21}$/),
      });
    }
    expect(new Set(metas.map((meta) => meta['directory.id'])).size).toBe(nodes.length);
    expect(await readdir(nodes[0]?.data ?? '')).toEqual(['bootstrap.checkpoint', 'meta.properties']);
  });

  test('leaves data of an earlier start as they are', async () => {
    const nodes = nodesOf('kept');
    await formatNodes(nodes, await options(formats));
    const before = await Promise.all(nodes.map(({ data }) => metaOf(data)));
    expect(await formatNodes(nodes, await options(formats))).toBe(false);
    expect(await Promise.all(nodes.map(({ data }) => metaOf(data)))).toEqual(before);
  });

  test("tells what Kafka's tool said when it refuses, and leaves nothing that could be taken for formatted", async () => {
    const refuses = 'echo "Invalid value x for configuration num.io.threads" >&2; exit 1';
    await expect(formatNodes(nodesOf('refused'), await options(refuses))).rejects.toMatchObject({
      code: 'BREW_BROKER_UNAVAILABLE',
      message: expect.stringMatching(/data folder of kafka-\d .*\nInvalid value x for configuration/s),
    });
    expect((await readdir(dir)).sort()).toEqual(['java', 'refused', 'runs']);
    expect(await formatNodes(nodesOf('refused'), await options(formats))).toBe(true);
  });

  test('takes no folder of another cluster', async () => {
    const [node] = nodesOf('other');
    if (!node) throw new Error('there are three');
    await mkdir(node.data, { recursive: true });
    await writeFile(join(node.data, 'meta.properties'), 'cluster.id=another\n');
    await expect(formatNodes([node], await options(formats))).rejects.toThrow(
      /not of cluster .*cluster\.id=another/s,
    );
  });
});
