import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from '../paths.ts';

/** Arguments of java for one of Kafka's programs. */
export function kafkaProgram(
  jars: string,
  flags: readonly string[],
  mainClass: string,
  args: string[],
): string[] {
  return [
    ...flags,
    `-Dlog4j2.configurationFile=${join(root, 'infra/kafka/log4j2.properties')}`,
    '-cp',
    join(jars, '*'),
    mainClass,
    ...args,
  ];
}

/**
 * For programs that end after a second: no time spent on compiling well. With the classes that node 1 has written down, they take 0.6 s
 * of CPU to start instead of 1.1. Where that file is missing, or is being written, the JVM does without it; it would say so amid the
 * tool's own output.
 */
export const toolFlags = (archive: string): string[] => [
  '-Xmx64m',
  '-XX:+UseSerialGC',
  '-XX:TieredStopAtLevel=1',
  '-Xshare:auto',
  `-XX:SharedArchiveFile=${archive}`,
  '-Xlog:disable',
];

/**
 * JVM flags of a node. Measured with three nodes on two cores, eleven topics and 1,200 records of 400 bytes a
 * second, acks=all:
 * - Heap and collector: 230 MiB resident after the start, 270 under load, 440 for the node that leads most.
 * - Class data archive: 13 s of CPU for the three starts without it, 8 with it, and 4 s sooner.
 * - Only the first compiler (-XX:TieredStopAtLevel=1): starts 1 s sooner and saves 20 to 60 MiB a node. What the second
 *   one compiles takes a third less CPU for the same load, but to compile it takes a quarter of a core for some five
 *   minutes of a promo day, which is longer than a sandbox is under load.
 * - Compact object headers (Java 25) changed nothing that could be measured.
 *
 * @param archive file for the class data (JEP 310, JEP 350), valid for one Java and one set of jars; may not exist yet
 * @param writesArchive the one node that makes it when it stops: two at once would write into the same file
 * @param isBroker a controller keeps the metadata of eleven topics, and no records
 */
export function nodeFlags(
  archive: string,
  { writesArchive, isBroker }: { writesArchive: boolean; isBroker: boolean },
): string[] {
  return [
    '-Xms32m',
    isBroker ? '-Xmx256m' : '-Xmx96m',
    '-XX:+UseSerialGC',
    '-XX:TieredStopAtLevel=1',
    `-XX:SharedArchiveFile=${archive}`,
    '-Xshare:auto',
    // Unlike everybody else, Java does not look at TMPDIR by itself.
    `-Djava.io.tmpdir=${tmpdir()}`,
    // JDK 19 and newer, which findJdk sees to.
    ...(writesArchive ? ['-XX:+AutoCreateSharedArchive'] : []),
  ];
}
