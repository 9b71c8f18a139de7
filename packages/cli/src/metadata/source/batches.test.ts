import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Batch, endOf, isIdle, readBatches } from './batches.ts';
import { filesOf, findNodeLogs, newestOf } from './nodeLog.ts';

// The first batch of a real log, LeaderChange at offset 0, and a later one, a NoOpRecord at 34652.
const leaderChange = Buffer.from(
  'AAAAAAAAAAAAAABeAAAAAgI0m2QGACAAAAAAAAABof6G364AAAGh/obfrv//////////////////AAAAAVgAAAAIAAAAAkQAAAAAAAMEAAAAAQAAAAACAAAAAAMAAwAAAAEAAAAAAwAAAA==',
  'base64',
);
const noOp = Buffer.from(
  '000000000000875c0000003c00000008021f16ddc5000000000000000001a1ff7caffc000001a1ff7caffcffffffffffffffffffffffffffff000000011400000001080114000000',
  'hex',
);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-batches-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function written(name: string, ...parts: Buffer[]): Promise<string> {
  const file = join(folder, name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, Buffer.concat(parts));
  return file;
}

async function read(file: string, position = 0): Promise<Batch[]> {
  const found: Batch[] = [];
  for await (const batch of readBatches(file, position)) found.push(batch);
  return found;
}

it('reads the batches of a segment, and tells those that say nothing', async () => {
  const batches = await read(await written('whole.log', leaderChange, noOp));
  expect(batches.map((batch) => [batch.position, batch.baseOffset, batch.nextOffset, isIdle(batch)])).toEqual(
    [
      [0, 0, 1, false],
      [106, 34_652, 34_653, true],
    ],
  );
  expect(Buffer.concat(batches.map(({ bytes }) => bytes))).toEqual(Buffer.concat([leaderChange, noOp]));
});

it.each([
  ['half a header', noOp.subarray(0, 30)],
  ['a header and half a record', noOp.subarray(0, 66)],
  ['space that was only reserved', Buffer.alloc(200)],
])('leaves out %s at the end, and has it once it is whole', async (_what, rest) => {
  const file = await written('torn.log', leaderChange, rest);
  expect(await endOf(file, 0)).toEqual({ position: 106, nextOffset: 1 });
  await written('torn.log', leaderChange, noOp);
  expect((await read(file, 106)).map(({ baseOffset }) => baseOffset)).toEqual([34_652]);
});

it('reads batches that are larger than what it reads at once', async () => {
  const large = Buffer.concat([leaderChange, Buffer.alloc(3 * 1024 * 1024, 1)]);
  large.writeInt32BE(large.length - 12, 8);
  const batches = await read(await written('large.log', noOp, large, noOp));
  expect(batches.map(({ bytes }) => bytes.length)).toEqual([72, large.length, 72]);
});

it('an empty segment ends where it begins', async () => {
  expect(await endOf(await written('empty.log'), 42)).toEqual({ position: 0, nextOffset: 42 });
});

it('finds the nodes in a folder, their files, and the one that goes furthest', async () => {
  const log = '__cluster_metadata-0/00000000000000000000.log';
  await written(`nodes/kafka-1/${log}`, leaderChange);
  await written(`nodes/kafka-2/${log}`, leaderChange, noOp);
  await written('nodes/kafka-2/__cluster_metadata-0/00000000000000000007-0000000001.checkpoint', noOp);
  await written('nodes/kafka-2/__cluster_metadata-0/00000000000000000005-0000000001.checkpoint', noOp);
  await written('nodes/kafka-2/__cluster_metadata-0/00000000000000000009-0000000001.checkpoint.part');
  await written('nodes/kafka-3/orders-0/00000000000000000000.log', noOp);
  const nodes = await findNodeLogs(join(folder, 'nodes'));
  expect(nodes.map(({ node }) => node)).toEqual(['kafka-1', 'kafka-2']);
  const newest = await newestOf(nodes);
  expect(newest?.node).toBe('kafka-2');
  expect((await filesOf(newest?.folder ?? '')).map(({ name }) => name)).toEqual([
    '00000000000000000007-0000000001.checkpoint',
    '00000000000000000000.log',
  ]);
  // The same from below.
  expect(await findNodeLogs(join(folder, 'nodes/kafka-2'))).toEqual([newest]);
  expect(await findNodeLogs(newest?.folder ?? '')).toEqual([newest]);
  expect(await findNodeLogs(join(folder, 'nodes/kafka-3/orders-0'))).toEqual([]);
  await expect(findNodeLogs(join(folder, 'nowhere'))).rejects.toThrow(/there is no such folder/);
});
