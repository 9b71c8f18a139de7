import { execFile } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { onlyIf } from '../testing/onlyIf.ts';
import { findJdk, javaEnv, parseJavaVersion } from './java.ts';

describe('parseJavaVersion', () => {
  test.each([
    ['openjdk version "25.0.3" 2026-04-21 LTS', '25.0.3', 25],
    ['openjdk version "21" 2023-09-19', '21', 21],
    ['java version "17.0.15" 2025-04-15 LTS', '17.0.15', 17],
    ['openjdk version "26-ea" 2026-03-17', '26-ea', 26],
    ['java version "1.8.0_402"', '1.8.0_402', 8],
  ])('reads %s', (text, version, major) => {
    expect(parseJavaVersion(`Picked up JAVA_TOOL_OPTIONS: -Xmx1g\n${text}\nOpenJDK Runtime`)).toEqual({
      version,
      major,
    });
  });

  test('knows no version in other text', () => {
    expect(
      parseJavaVersion('The operation couldn’t be completed. Unable to locate a Java Runtime.'),
    ).toBeUndefined();
  });
});

describe('findJdk', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'brew-java-'));
    await installJava('default-17', '17.0.15');
    await installJava('jvms/java-21', '21.0.7');
    await installJava('jvms/java-25', '25.0.3');
    await installJava('only-old/java-17', '17.0.15');
    await installJava('mac/temurin-25.jdk/Contents/Home', '25.0.1');
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('takes the newest, though an older one is the default on PATH', async () => {
    const environment = { PATH: join(folder, 'default-17/bin') };
    expect(await findJdk(environment, [join(folder, 'jvms')])).toEqual({
      version: '25.0.3',
      major: 25,
      home: join(folder, 'jvms/java-25'),
      java: join(folder, 'jvms/java-25/bin/java'),
    });
  });

  test('finds the one in JAVA_HOME', async () => {
    const found = await findJdk({ JAVA_HOME: join(folder, 'jvms/java-21') }, []);
    expect(found.home).toBe(join(folder, 'jvms/java-21'));
  });

  test('follows the link on PATH to the real home', async () => {
    await mkdir(join(folder, 'usr/bin'), { recursive: true });
    await symlink(join(folder, 'jvms/java-25/bin/java'), join(folder, 'usr/bin/java'));
    const found = await findJdk({ PATH: join(folder, 'usr/bin') }, []);
    expect(found.home).toBe(join(folder, 'jvms/java-25'));
  });

  test('looks into the bundles of macOS', async () => {
    const found = await findJdk({}, [join(folder, 'mac')]);
    expect(found.home).toBe(join(folder, 'mac/temurin-25.jdk/Contents/Home'));
  });

  test('says which ones are too old, and what to do', async () => {
    await expect(findJdk({}, [join(folder, 'only-old')])).rejects.toMatchObject({
      code: 'BREW_JAVA_MISSING',
      message: expect.stringMatching(
        /^Brew needs a JDK of version 21 or newer: found only Java 17 in .*only-old\/java-17\. Install one /,
      ),
    });
  });

  test('says so when there is none at all', async () => {
    await expect(findJdk({ PATH: folder }, [])).rejects.toMatchObject({
      code: 'BREW_JAVA_MISSING',
      message: expect.stringContaining('none was found in JAVA_HOME, PATH and the usual folders'),
    });
  });

  /** A stand-in that answers `java -version` as a real one does: on stderr. */
  async function installJava(home: string, version: string): Promise<void> {
    const bin = join(folder, home, 'bin');
    await mkdir(bin, { recursive: true });
    await writeFile(join(bin, 'java'), `#!/bin/sh\necho 'openjdk version "${version}"' >&2\n`);
    await chmod(join(bin, 'java'), 0o755);
  }
});

const jdk = await findJdk().catch(() => undefined);

onlyIf(jdk ? undefined : 'there is no JDK', test)(
  'Java reads names of files as UTF-8, also where no locale is set',
  async () => {
    const bare = { PATH: process.env.PATH, HOME: tmpdir() };
    const encodingWith = async (env: NodeJS.ProcessEnv) => {
      const settings = ['-XshowSettings:properties', '-version'];
      const { stderr } = await promisify(execFile)(jdk?.java ?? '', settings, { env });
      return /sun\.jnu\.encoding = (\S+)/.exec(stderr)?.[1];
    };
    expect(await encodingWith(javaEnv(bare))).toBe('UTF-8');
    if (process.platform === 'linux') expect(await encodingWith(bare)).not.toBe('UTF-8');
  },
);
