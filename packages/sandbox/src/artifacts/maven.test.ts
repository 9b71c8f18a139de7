import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { findMaven, runMaven } from './maven.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-maven-'));
});
afterAll(() => rm(folder, { recursive: true }));

test('finds the mvn of MAVEN_HOME before the one on PATH', async () => {
  const home = await installMaven('home/bin', 'exit 0');
  const path = await installMaven('path', 'exit 0');
  expect(await findMaven({ MAVEN_HOME: join(folder, 'home'), PATH: join(folder, 'path') })).toBe(home);
  expect(await findMaven({ PATH: `/nowhere:${join(folder, 'path')}` })).toBe(path);
});

test('says what to do when there is no Maven', async () => {
  await expect(findMaven({ PATH: '/nowhere' })).rejects.toMatchObject({
    code: 'BREW_MAVEN_MISSING',
    message: expect.stringMatching(/there is no mvn .*\. Install Maven .*, or use Docker\.$/),
  });
});

test('shows the end of what Maven said when it fails', async () => {
  const maven = await installMaven('failing', 'echo "[ERROR] repo.example: unknown host"; exit 1');
  await expect(runMaven('Kafka', [], { maven, javaHome: '/jdk' })).rejects.toMatchObject({
    code: 'BREW_DOWNLOAD_FAILED',
    message: expect.stringMatching(/^Maven could not fetch Kafka\..*unknown host$/s),
  });
});

test('lets Maven run on the Java that was found, and hands it the arguments', async () => {
  const output = join(folder, 'seen');
  const maven = await installMaven('seeing', `echo "$JAVA_HOME $*" > "${output}"`);
  await runMaven('Kafka', ['dependency:copy'], { maven, javaHome: '/jdk' });
  expect(await readFile(output, 'utf8')).toBe('/jdk --quiet --batch-mode dependency:copy\n');
});

test('gives up when it is told to', async () => {
  const maven = await installMaven('slow', 'exec sleep 60');
  const giveUp = new AbortController();
  const running = runMaven('Kafka', [], { maven, javaHome: '/jdk', signal: giveUp.signal });
  giveUp.abort(new Error('stopped by the user'));
  await expect(running).rejects.toThrow('stopped by the user');
});

async function installMaven(subfolder: string, script: string): Promise<string> {
  const file = join(folder, subfolder, 'mvn');
  await mkdir(join(folder, subfolder), { recursive: true });
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}
