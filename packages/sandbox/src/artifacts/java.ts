import { execFile } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { JdkMissingError } from '../errors.ts';

/** A Java runtime on this machine. */
export interface Jdk {
  /** As it names itself: "25.0.3". */
  version: string;
  /** Feature release: 17, 21, 25. */
  major: number;
  home: string;
  /** The java executable. */
  java: string;
}

/** Kafka 4 brokers need Java 17 (KIP-1013), the registry's Quarkus needs 21; one JDK of at least 21 runs both. */
const oldestJava = 21;

/**
 * The newest Java on this machine that runs everything, wherever it stands: the default one on PATH is often
 * older than one beside it.
 *
 * @throws JdkMissingError naming those that were found and are too old
 */
export async function findJdk(
  environment: NodeJS.ProcessEnv = process.env,
  usualFolders: readonly string[] = foldersOfJdks,
): Promise<Jdk> {
  const found = await findJdks(candidateHomes(environment, await homesIn(usualFolders)));
  const newest = found.sort((a, b) => b.major - a.major)[0];
  if (newest === undefined || newest.major < oldestJava) {
    throw new JdkMissingError(oldestJava, found);
  }
  return newest;
}

/**
 * Where the classes of a program that stands in `folder` are kept as the JVM has loaded them (JEP 310, JEP 350): valid for one Java and
 * one set of jars.
 */
export const classArchive = (folder: string, { version }: Pick<Jdk, 'version'>): string =>
  `${folder}-java${version}.jsa`;

/**
 * The environment for a Java program. It reads and writes the names of files in the encoding of the locale, and without one (LANG unset, as
 * in cron or a container) that is ASCII: it would not find a folder whose name has other letters.
 */
export const javaEnv = (env: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv => ({
  ...env,
  LC_ALL: 'C.UTF-8',
});

/** The version in what `java -version` says. Before 9 the feature release came second: "1.8.0_402" is 8. */
export function parseJavaVersion(text: string): Pick<Jdk, 'version' | 'major'> | undefined {
  const match = /version "((?:1\.)?(\d+)[^"]*)"/.exec(text);
  return match?.[1] && match[2] ? { version: match[1], major: Number(match[2]) } : undefined;
}

/** Folders that may be Java homes; among equals the first one wins, as a user would expect. */
function candidateHomes(environment: NodeJS.ProcessEnv, installed: string[]): string[] {
  const fromPath = (environment.PATH ?? '').split(delimiter).filter(Boolean);
  return [
    ...(environment.JAVA_HOME ? [environment.JAVA_HOME] : []),
    ...fromPath.map((folder) => join(folder, '..')),
    ...installed,
  ];
}

async function findJdks(homes: string[]): Promise<Jdk[]> {
  const javas = new Map<string, Jdk>();
  for (const home of homes) {
    // PATH holds links (/usr/bin/java), so the real file tells which Java it is, and whether we have seen it.
    const java = await realpath(join(home, 'bin', 'java')).catch(() => undefined);
    if (java === undefined || javas.has(java)) continue;
    const version = await versionOf(java);
    if (version) javas.set(java, { ...version, java, home: join(java, '..', '..') });
  }
  return [...javas.values()];
}

async function versionOf(java: string): Promise<ReturnType<typeof parseJavaVersion>> {
  try {
    // Asked, not read from the release file beside it: some packages ship without one, and this shows as well
    // that it runs at all. It answers on stderr.
    const { stdout, stderr } = await promisify(execFile)(java, ['-version'], { timeout: 10_000 });
    return parseJavaVersion(stderr + stdout);
  } catch {
    return undefined;
  }
}

/** Where packages, installers and version managers of Linux and macOS put Java. */
const foldersOfJdks = [
  '/usr/lib/jvm',
  '/usr/lib64/jvm',
  '/usr/java',
  '/opt',
  '/opt/java',
  '/Library/Java/JavaVirtualMachines',
  '/opt/homebrew/opt',
  '/usr/local/opt',
  join(homedir(), '.sdkman/candidates/java'),
  join(homedir(), '.asdf/installs/java'),
  join(homedir(), '.local/share/mise/installs/java'),
  join(homedir(), '.jdks'),
  join(homedir(), 'Library/Java/JavaVirtualMachines'),
];

async function homesIn(folders: readonly string[]): Promise<string[]> {
  const homes: string[] = [];
  for (const folder of folders) {
    for (const name of await readdir(folder).catch(() => [])) {
      // macOS bundles keep the home inside; Homebrew keeps that bundle under libexec.
      homes.push(
        join(folder, name),
        join(folder, name, 'Contents/Home'),
        join(folder, name, 'libexec/openjdk.jdk/Contents/Home'),
      );
    }
  }
  return homes;
}
