import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { freePorts, infrastructurePorts } from './ports.ts';
import { requireDisk, requirePorts, requireWritable } from './preflight.ts';

let folder: string;
const servers: Server[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-preflight-'));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

test('a disk with enough room is fine, one with too little is named with what it has and what is needed', async () => {
  await requireDisk(folder, 1);
  const moreThanAnyDisk = 1e12;
  await expect(requireDisk(folder, moreThanAnyDisk)).rejects.toMatchObject({
    code: 'BREW_DISK_FULL',
    message: expect.stringMatching(
      /^The disk of .*brew-preflight-\w+ has \d+ MiB free, and Brew needs 1000000000000 MiB to start\. Free some/,
    ),
  });
});

test('names every taken port, what it is for and the process that has it', async () => {
  const [one, two] = [await listen(), await listen()];
  const needed = [
    { port: one, use: 'PostgreSQL' },
    { port: two, use: 'the order service' },
  ];
  const refused = requirePorts(needed);
  await expect(refused).rejects.toMatchObject({ code: 'BREW_PORT_TAKEN' });
  const lines = String(await refused.catch((error) => error.message)).split('\n');
  expect(lines).toEqual([
    expect.stringContaining(`Port ${one}, needed for PostgreSQL, is taken by process ${process.pid} (`),
    expect.stringContaining(
      `Port ${two}, needed for the order service, is taken by process ${process.pid} (`,
    ),
    'End that process, then start again.',
  ]);
});

test('free ports pass', async () => {
  await requirePorts(infrastructurePorts(await freePorts()));
});

test('makes the folder, and says so when it can not', async () => {
  await requireWritable(join(folder, 'a/b'));
  await writeFile(join(folder, 'file'), '');
  await expect(requireWritable(join(folder, 'file/dir'))).rejects.toMatchObject({
    code: 'BREW_CONFIG_INVALID',
    message: expect.stringMatching(/^Brew can't write in .*file\/dir .*\. Give that folder to the user/),
  });
});

async function listen(): Promise<number> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as { port: number }).port;
}

test('a folder whose name Kafka would part is refused before anything is written', async () => {
  await expect(requireWritable(join(folder, 'tea, coffee'))).rejects.toThrow(
    /tea, coffee for several folders, .* comma in its name\. Set BREW_DIR/,
  );
});
