import { createInspector, type GroupProgress } from '@brew/kafka/inspect';
import { createReader } from '@brew/kafka/reader';
import { pino } from 'pino';
import { agreed } from '../agreed.ts';
import type { ClusterAddress } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import { ArgumentInvalidError, StillRunningError } from '../errors.ts';
import type { Io } from '../io.ts';
import { counted, grouped, titledTable } from '../text/format.ts';

export interface RewindOptions {
  to: Date;
  dryRun?: boolean;
  yes?: boolean;
  json?: boolean;
}

/** How far a group goes back in one partition. */
interface Step {
  topic: string;
  partition: number;
  committed: bigint;
  /** The first record of that time or later. */
  to: bigint;
  /** The partition begins there: what was in it before is deleted. */
  isBeginning: boolean;
}

/**
 * Sets a group back to what it had read at a time.
 * @returns whether it was done, or nothing was to be done: a person may say no
 * @throws ArgumentInvalidError for analytics, GroupMissingError, StillRunningError while it has members, BrokerUnavailableError, ReadRefusedError
 */
export async function rewind(
  group: string,
  { to, dryRun, yes, json }: RewindOptions,
  cluster: ClusterAddress,
  io: Io,
): Promise<boolean> {
  const client = clientOf(cluster, 'brew-rewind');
  await using inspector = createInspector({ client });
  await using reader = createReader({ client, log: pino({ level: 'silent' }) });
  const found = await inspector.group(group);
  if (isAnalytics(found))
    throw new ArgumentInvalidError(
      'analytics keeps its offsets in its own tables, and tells them to Kafka only to be seen: nothing would be read again.',
      'Build its reports anew: npx brew replay analytics',
    );
  if (!dryRun && found.members.length > 0)
    throw new StillRunningError(
      `${group} has ${counted(found.members.length, 'member')}, who would go on where they are.`,
      'Stop its service on all machines first; one that was killed counts for 15 s.',
    );
  const steps = await stepsTo(to, found, reader);

  if (json) await io.out(JSON.stringify(reportOf(group, steps), null, 2));
  else for (const line of render(group, to, steps, io)) await io.out(line);
  if (steps.length === 0 || dryRun) return true;
  const records = steps.reduce((sum, step) => sum + step.committed - step.to, 0n);
  const question = `Have ${group} read ${grouped(Number(records))} records again?`;
  const advice = 'Add --yes, or see with --dry-run.';
  if (!(await agreed({ yes, question, advice, nothing: 'Nothing was set.' }, io))) return false;
  const offsets = steps.map(({ topic, partition, to: offset }) => ({ topic, partition, offset }));
  try {
    await reader.commit(group, offsets);
  } catch (error) {
    io.note(
      `Some partitions of ${group} may be set back, and others not. Once it can be: do the same again.`,
    );
    throw error;
  }
  if (!json) await io.out(`✔ ${group} reads ${grouped(Number(records))} records again once it starts.`);
  return true;
}

/** Brew's own: on another cluster there may be a group of this name. */
const isAnalytics = ({ group, partitions }: GroupProgress): boolean =>
  group === 'analytics' && partitions.some(({ topic }) => topic.startsWith('brew.'));

async function stepsTo(
  time: Date,
  { partitions }: GroupProgress,
  reader: Pick<ReturnType<typeof createReader>, 'offsets'>,
): Promise<Step[]> {
  const topics = [...new Set(partitions.map(({ topic }) => topic))];
  if (topics.length === 0) return [];
  const [earliest, atTime] = await Promise.all([
    reader.offsets(topics, 'earliest'),
    reader.offsets(topics, time),
  ]);
  return partitions.flatMap(({ topic, partition, committed }) => {
    const isThis = (each: { topic: string; partition: number }) =>
      each.topic === topic && each.partition === partition;
    const to = atTime.find(isThis)?.offset;
    if (committed === undefined || to === undefined || to >= committed) return [];
    return [
      { topic, partition, committed, to, isBeginning: to > 0n && to === earliest.find(isThis)?.offset },
    ];
  });
}

function render(group: string, to: Date, steps: readonly Step[], { paint, columns }: Io): string[] {
  if (steps.length === 0) return [`${group} has read nothing that was written since ${to.toISOString()}.`];
  const gone = steps.filter(({ isBeginning }) => isBeginning);
  return [
    `Back to ${to.toISOString()}:`,
    ...titledTable(
      ['TOPIC', 'PARTITION', 'COMMITTED', 'BACK TO', 'RECORDS'],
      steps.map(({ topic, partition, committed, to }) => [
        topic,
        String(partition),
        String(committed),
        String(to),
        grouped(Number(committed - to)),
      ]),
      { paint, numeric: [1, 2, 3, 4], columns: columns() },
    ),
    ...(gone.length === 0
      ? []
      : [
          paint(
            'yellow',
            `${counted(gone.length, 'partition')} of these ${gone.length === 1 ? 'begins' : 'begin'} there: what was written before is deleted, and may be missing.`,
          ),
        ]),
  ];
}

const reportOf = (group: string, steps: readonly Step[]) => ({
  group,
  partitions: steps.map(({ committed, to, ...step }) => ({
    ...step,
    committed: Number(committed),
    to: Number(to),
  })),
});
