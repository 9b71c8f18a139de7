import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fetchKafka } from '../artifacts/fetch.ts';
import { classArchive, findJdk, javaEnv } from '../artifacts/java.ts';
import { defaultCacheDir } from '../paths.ts';
import { lastLines } from '../processes/lastLines.ts';
import { kafkaProgram, toolFlags } from './jvm.ts';

export interface ToolOptions {
  /** What it reads from its standard input. */
  input?: string;
  /** Flags of the JVM; left out, those for programs that end after a second. */
  jvmFlags?: readonly string[];
  /** Ends the program, and what waits for it rejects. */
  signal?: AbortSignal;
}

/**
 * Starts a program of Kafka's, or of the JDK's, with the jars of the brokers.
 *
 * @param mainClass such as org.apache.kafka.tools.ConsoleProducer
 * @throws JdkMissingError, MavenMissingError
 */
export async function startKafkaTool(
  mainClass: string,
  args: readonly string[],
  { jvmFlags, signal }: Omit<ToolOptions, 'input'> = {},
): Promise<ChildProcessWithoutNullStreams> {
  const jdk = await findJdk();
  const { folder: jars } = await fetchKafka({ cacheDir: defaultCacheDir, jdk });
  const flags = jvmFlags ?? toolFlags(classArchive(jars, jdk));
  return spawn(jdk.java, kafkaProgram(jars, flags, mainClass, [...args]), {
    env: javaEnv(),
    ...(signal && { signal }),
  });
}

/**
 * Runs such a program to its end.
 *
 * @returns what it wrote to its standard output
 * @throws Error with its last lines when it fails, beside what startKafkaTool throws
 */
export async function runKafkaTool(
  mainClass: string,
  args: readonly string[],
  { input = '', ...options }: ToolOptions = {},
): Promise<string> {
  const tool = await startKafkaTool(mainClass, args, options);
  tool.stdin.on('error', () => undefined); // it ended without reading all of it: its exit code tells
  tool.stdin.end(input);
  const ended = new Promise<number | null>((resolve, reject) => {
    tool.on('error', reject);
    tool.on('close', resolve);
  });
  const [code, output, errors] = await Promise.all([ended, text(tool.stdout), text(tool.stderr)]);
  if (code !== 0) throw new Error(`${mainClass} ended with ${code}:\n${lastLines(output + errors)}`);
  return output;
}
