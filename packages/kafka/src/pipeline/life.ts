import type { Lane } from '../adapter.ts';
import { within } from '../delay.ts';
import type { PartitionOffset, Reader } from '../reader.ts';
import type { Position } from '../record.ts';

import { type Portion, portionsOf } from './portions.ts';
import type { Outcome } from './process.ts';

export interface LifeOptions {
  reader: Reader;
  /** One for each input partition. Opens it, and so ends whatever was under way of it. */
  openLanes(): Promise<Lane[]>;
  /** Where each input partition goes on. */
  positions(): Promise<Position[]>;
  /** Where each ends; left out, never. */
  ends: readonly PartitionOffset[] | undefined;
  limitAt(topic: string, partition: number, offset: bigint): number;
  process(portion: Portion, signal: AbortSignal): Promise<Outcome>;
  onCommitted(portion: Portion, outcome: Outcome): void;
  onFailed(portion: Portion, error: unknown): void;
  /** Ends it in order. */
  signal: AbortSignal;
}

const DRAIN_MS = 5_000;
const CLOSE_MS = 3_000;

/**
 * Works until everything is done, the signal is aborted, or something fails. Partitions go on beside each other, each with one
 * transaction after another, so that the next portion is made while the brokers write the last one.
 */
export async function live(life: LifeOptions): Promise<void> {
  // The lanes first. An offset that was fetched before could be one whose successor is just being committed, by who was at
  // work here before: what it committed would be done again.
  const lanes = await life.openLanes();
  try {
    const positions = await life.positions();
    const committed = await work(life, lanes, positions);
    // A commit holds from when its coordinator has noted it down, and is seen when the partitions have heard of it. Who opens
    // lanes waits for that, and so whoever reads after us finds all of it.
    if (committed && !life.signal.aborted) await close(await life.openLanes());
  } finally {
    await close(lanes);
  }
}

const close = (lanes: readonly Lane[]) => Promise.all(lanes.map((lane) => within(CLOSE_MS, lane.close())));

/** @returns whether it has committed anything */
async function work(
  life: LifeOptions,
  lanes: readonly Lane[],
  positions: readonly Position[],
): Promise<boolean> {
  const { reader, ends, signal } = life;
  const failed = new AbortController();
  const ended = AbortSignal.any([signal, failed.signal]);
  const underWay = new Map<Lane, Promise<void>>();

  async function commit(lane: Lane, portion: Portion, outcome: Outcome): Promise<void> {
    try {
      await lane.commit(outcome.records, portion.nextOffset);
      life.onCommitted(portion, outcome);
    } catch (error) {
      life.onFailed(portion, error);
      failed.abort(error);
    }
  }

  const ranges = positions.map(({ offset, ...partition }) => ({
    ...partition,
    from: offset,
    until: ends?.find((end) => isSame(end, partition))?.offset,
  }));
  try {
    for await (const chunk of reader.read(ranges, { signal: ended })) {
      const { topic, partition } = chunk;
      const lane = lanes.find((each) => isSame(each, chunk));
      if (!lane) throw new Error(`${topic}/${partition} was not there when it began`);
      for (const portion of portionsOf(chunk, (offset) => life.limitAt(topic, partition, offset))) {
        const outcome = await life.process(portion, ended);
        await underWay.get(lane);
        ended.throwIfAborted();
        underWay.set(lane, commit(lane, portion, outcome));
      }
    }
  } catch (error) {
    // The same one, if it was a lane that failed.
    if (!signal.aborted) failed.abort(error);
  }
  // What is left alone may be aborted, and its records come again: that is only slower.
  const settled = Promise.all(underWay.values());
  await (ended.aborted ? within(DRAIN_MS, settled) : settled);
  if (!signal.aborted) failed.signal.throwIfAborted();
  return underWay.size > 0;
}

interface TopicPartition {
  topic: string;
  partition: number;
}

const isSame = (a: TopicPartition, b: TopicPartition) => a.topic === b.topic && a.partition === b.partition;
