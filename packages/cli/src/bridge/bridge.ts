import { type Bridge, deadLetterTopic } from '@brew/events';
import {
  type Admin,
  createAdmin,
  createCodec,
  createKafkaClient,
  delay,
  type KafkaClient,
} from '@brew/kafka';
import { createPipeline } from '@brew/kafka/pipeline';
import { ensureSchemas, TopicDiffersError } from '@brew/provision';
import { pino } from 'pino';
import type { Addresses } from '../addresses.ts';
import { PositionLostError } from '../errors.ts';
import type { Io } from '../io.ts';
import { partitionsWithRecords } from './partitionsWithRecords.ts';
import { renderEnd, renderMoment } from './renderProgress.ts';
import { translateRecord } from './translateRecord.ts';

export interface BridgeOptions {
  /** Ends when everything is bridged that was there when it began. */
  untilCaughtUp?: boolean;
}

const log = pino({ level: 'silent' });
const PROGRESS_MS = 1_000;

/**
 * Feeds the target of a bridge, and makes it first if it is missing, until the signal is aborted or it has caught up.
 *
 * @throws PositionLostError, TopicMissingError (the source), TopicDiffersError, and what `Pipeline.run` throws
 */
export async function bridge(
  pair: Bridge,
  { untilCaughtUp = false }: BridgeOptions,
  { brokers, registryUrl }: Pick<Addresses, 'brokers' | 'registryUrl'>,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  const { group, source, target, types } = pair;
  const client = createKafkaClient({ brokers, clientId: group, log });
  await using admin = createAdmin({ client, log });
  await admin.topicOffsets(source.name);
  await makeTopics(admin, pair);
  await assertPositionKnown(client, admin, pair);
  await ensureSchemas(registryUrl, log, types);
  const codec = createCodec({ registryUrl, log });
  await codec.prepare(types, signal);

  const process = translateRecord(pair, codec);
  const pipeline = createPipeline({ client, group, topics: [source.name], process, log });
  await io.out(`${source.name} → ${target.name}, as group ${group}`);

  const startedAt = performance.now();
  let before = { records: 0, at: startedAt };
  async function tellProgress(): Promise<void> {
    const { records, deadLetters, positions, lastError } = pipeline;
    const at = performance.now();
    const perSecond = ((records - before.records) * 1_000) / (at - before.at);
    before = { records, at };
    const ends = await admin.topicOffsets(source.name).catch(() => undefined);
    const behind = ends && positions.length > 0 ? behindOf(positions, ends) : undefined;
    await io.out(renderMoment({ records, deadLetters, perSecond, behind, lastError }, io.paint));
  }
  const over = new AbortController();
  const progress = repeat(PROGRESS_MS, tellProgress, over.signal);
  try {
    await pipeline.run({ signal, untilCaughtUp });
  } finally {
    over.abort();
    // What is being told comes before the end.
    await progress;
  }
  const { records, deadLetters } = pipeline;
  const end = { records, deadLetters, ms: performance.now() - startedAt, caughtUp: !signal.aborted };
  for (const line of renderEnd(end, group, io.paint)) await io.out(line);
}

/** One after the other, until the signal is aborted. */
async function repeat(everyMs: number, action: () => Promise<void>, signal: AbortSignal): Promise<void> {
  while (true) {
    await delay(everyMs, signal);
    if (signal.aborted) return;
    await action();
  }
}

/** @throws TopicDiffersError */
async function makeTopics(admin: Admin, { group, target }: Bridge): Promise<void> {
  const outcomes = await admin.ensureTopics([target, deadLetterTopic(group)]);
  const differing = outcomes.filter(({ outcome }) => outcome === 'differs');
  if (differing.length > 0) throw new TopicDiffersError(differing);
}

/**
 * Kafka forgets the offsets of a group that nobody belongs to after offsets.retention.minutes, by default seven days; Brew's brokers do after a year.
 * @throws PositionLostError when a partition was bridged before, and nobody knows how far
 */
async function assertPositionKnown(
  client: KafkaClient,
  admin: Admin,
  { group, target }: Bridge,
): Promise<void> {
  const lags = await admin.groupLag(group);
  const unknown = Array.from({ length: target.partitions }, (_, partition) => partition).filter(
    (each) => !lags.some(({ partition, committed }) => partition === each && committed !== undefined),
  );
  if (unknown.length === 0) return;
  // The same keys are in the same partitions of both, so what is in there came from there.
  const bridged = await partitionsWithRecords(client, target.name, unknown);
  if (bridged.length > 0) throw new PositionLostError(target.name, group);
}

function behindOf(
  positions: readonly { partition: number; offset: bigint }[],
  ends: readonly { partition: number; latest: bigint }[],
): number {
  const behind = ends.map(({ partition, latest }) => {
    const position = positions.find((each) => each.partition === partition)?.offset ?? 0n;
    return Number(latest - position);
  });
  return behind.reduce((sum, each) => sum + Math.max(0, each), 0);
}
