import type { Sent } from '../../../adapter.ts';
import { backoff } from '../../../backoff.ts';
import type { Compression } from '../../../client.ts';
import { delay } from '../../../delay.ts';
import { scopeOf } from '../../../producer/refusals.ts';
import type { OutgoingRecord, TopicPartition } from '../../../record.ts';
import type { Brokers } from '../../../wire/brokers.ts';
import { isPassing, kafkaError, nameOf } from '../../../wire/protocolErrors.ts';
import { BatchWriter, recordsOf, seal, type WrittenRecords } from './batchWriter.ts';
import { codecs } from './compression.ts';
import { createLeaderSearch, RETRY } from './leaderSearch.ts';
import { createRequests, type Sending } from './requests.ts';
import { type Batch, type BatchOutcome, createTargets, type Target } from './targets.ts';

/** Brings records to the leaders of their partitions, with one producer id. Good until it fails. */
export interface Delivery {
  /** See Sender, whose calls these are. */
  send(records: readonly OutgoingRecord[]): Promise<Sent>;
  resume(): void;
  /** Why nothing is sent any more; undefined as long as all is well. */
  readonly failure: { error: unknown } | undefined;
  /** Sends nothing any more. Whoever has sent something gets it back once the brokers have answered what is under way. */
  fail(error: unknown): void;
}

export interface DeliveryOptions {
  brokers: Brokers;
  /** What InitProducerId gave (KIP-98). */
  producer: { id: bigint; epoch: number };
  /** When all that is sent is part of transactions; `add` is told of partitions before they are written to. */
  transaction?: { id: string; add(partitions: readonly TopicPartition[]): Promise<void> };
  compression: Compression;
  /** How long a partition that nothing gets to is tried again, in milliseconds. */
  patienceMs: number;
}

/** What became of the records of one send for one partition, or for a topic that has none for us. */
interface Part {
  records: readonly OutgoingRecord[];
  target: Target | undefined;
  outcome: BatchOutcome;
}

/** More than that a broker does not remember of a producer in a partition, to tell repetitions by (KIP-98). */
const MOST_UNDER_WAY = 5;
/** How long a leader that has acknowledged something is taken for one that remembers, in milliseconds: it does so for a day. */
const REMEMBERED_MS = 60 * 60_000;
/** Where a request is full; one batch comes always, however large. */
const REQUEST_BYTES = 1024 * 1024;
/** For how long a topic that no broker knows may be one that was made a moment ago, in milliseconds. */
const UNKNOWN_MS = 1_000;
const SEQUENCES = 2 ** 31;

/** Right again with newer metadata or a little later, on top of what is so for everybody. */
const passingHere = new Set(['NOT_ENOUGH_REPLICAS', 'NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'CORRUPT_MESSAGE']);
/** After these the batch may be in the log, as after no answer at all. */
const leavesOpen = new Set([
  'NOT_ENOUGH_REPLICAS_AFTER_APPEND',
  'REQUEST_TIMED_OUT',
  'NETWORK_EXCEPTION',
  'KAFKA_STORAGE_ERROR',
  'UNKNOWN_SERVER_ERROR',
]);

/**
 * What a batch is sent as it keeps, so that a broker knows it again when it comes a second time. What comes behind it in its partition may
 * be under way at the same time, up to five batches: brokers take none of them before those before it. That they do so is certain only once
 * the leader has acknowledged something; until then, and after each failure, one is under way alone.
 *
 * Danger zone: when a batch is not acknowledged for good, its numbers go to another one. So no broker may have it, or be sent it later: a
 * delivery that can't be sure of that fails, with its producer id.
 */
export function createDelivery({
  brokers,
  producer,
  transaction,
  compression,
  patienceMs,
}: DeliveryOptions): Delivery {
  const targets = createTargets(brokers, (topic) => fail(new Error(`${topic} was deleted and made anew`)));
  const writer = new BatchWriter();
  const stopping = new AbortController();
  /** Those that have something waiting. */
  const busy = new Set<Target>();
  /** Of which something was given back. */
  const abandoned = new Set<Target>();
  /** Topics that are sent nothing before resume(), with Kafka's name of the error. */
  const shut = new Map<string, string>();
  let failure: { error: unknown } | undefined;
  let turn = 0;
  let placing: Promise<unknown> = Promise.resolve();
  const { signal } = stopping;
  const requests = createRequests(brokers, {
    transactionalId: transaction?.id ?? null,
    onRoom: pump,
    signal,
  });
  const search = createLeaderSearch({
    targets,
    lost: () => [...busy].filter(({ leader }) => leader === undefined),
    onShut(target, refusal) {
      shut.set(target.topic, refusal);
      leaveWaiting(target, refusal);
    },
    onNone(target, error) {
      target.failures++;
      endPatience(target, error);
    },
    onFound: pump,
    signal,
  });

  /** One call after another, so that the records of a partition stay in the order of calls. */
  async function place(records: readonly OutgoingRecord[]): Promise<Promise<Part>[]> {
    await learn(new Set(records.map(({ topic }) => topic)));
    turn++;
    const byTarget = new Map<Target, OutgoingRecord[]>();
    const left = new Map<string, OutgoingRecord[]>();
    for (const record of records) {
      if (failure || shut.has(record.topic)) addTo(left, record.topic, record);
      else addTo(byTarget, targets.targetFor(record, turn), record);
    }
    await transaction?.add([...byTarget.keys()]).catch(fail);
    const parts = [...byTarget].map(([target, of]) => enqueue(target, of));
    for (const [topic, of] of left) {
      const outcome = { refusal: shut.get(topic) };
      parts.push(Promise.resolve({ records: of, target: undefined, outcome }));
    }
    pump();
    return parts;
  }

  /** Finds out about topics that are not known, and shuts those that can't be written to. */
  async function learn(topics: ReadonlySet<string>): Promise<void> {
    const stale = [...topics].filter((topic) => targets.knows(topic) && targets.isStale(topic));
    if (stale.length > 0) await targets.refresh(stale).catch(() => undefined);
    const since = performance.now();
    for (let attempts = 1; failure === undefined; attempts++) {
      const unknown = [...topics].filter((topic) => !targets.knows(topic) && !shut.has(topic));
      if (unknown.length === 0) break;
      if (attempts > 1) await delay(backoff(attempts, RETRY, Math.random()), stopping.signal);
      const elapsed = performance.now() - since;
      try {
        for (const [topic, code] of await targets.refresh(unknown)) {
          const isNew = nameOf(code) === 'UNKNOWN_TOPIC_OR_PARTITION' && elapsed < UNKNOWN_MS;
          if (scopeOf(nameOf(code)) === 'topic' && !isNew) shut.set(topic, nameOf(code));
          else if (!isPassing(code) || elapsed > patienceMs) fail(kafkaError(`find ${topic}`, code));
        }
      } catch (error) {
        if (elapsed > patienceMs) fail(error);
      }
    }
  }

  function enqueue(target: Target, records: readonly OutgoingRecord[]): Promise<Part> {
    return new Promise((resolve) => {
      if (failure || target.left) {
        resolve({ records, target, outcome: { refusal: undefined } });
        return;
      }
      const { sequence, turn } = target;
      const written = writer.write(records, Date.now());
      const end = (outcome: BatchOutcome) => {
        writer.release(written);
        resolve({ records, target, outcome });
      };
      const batch: Batch = { records, turn, sequence, bytes: undefined, inDoubt: false, end };
      target.turn++;
      target.sequence = (sequence + records.length) % SEQUENCES;
      target.waiting.push(batch);
      busy.add(target);
      pack(batch, written);
    });
  }

  function pack(batch: Batch, written: WrittenRecords): void {
    const head = { ...producer, sequence: batch.sequence, transactional: transaction !== undefined };
    if (compression === 'none') {
      batch.bytes = seal(written, head);
      return;
    }
    const { id: codec, pack } = codecs[compression];
    const packed = pack(recordsOf(written));
    if (Buffer.isBuffer(packed)) batch.bytes = seal(written, head, { codec, packed });
    else
      packed.then((packed) => {
        batch.bytes = seal(written, head, { codec, packed });
        pump();
      }, fail);
  }

  /** Sends whatever may be sent now. */
  function pump(): void {
    const ready = [...busy].filter(isReady);
    if (ready.some(({ leader }) => leader === undefined)) search();
    for (const [node, led] of Map.groupBy(ready, ({ leader }) => leader)) {
      while (node !== undefined && requests.hasRoom(node)) {
        const batches = takeFrom(led);
        if (batches.length === 0) break;
        post(node, batches);
      }
    }
  }

  function isReady({ waiting, underWay, acknowledgedAt }: Target): boolean {
    const isRemembered = performance.now() - acknowledgedAt < REMEMBERED_MS;
    return waiting[0]?.bytes !== undefined && underWay.size < (isRemembered ? MOST_UNDER_WAY : 1);
  }

  /** What one request brings: the next batch of each. Those that find no room are the first ones of the next. */
  function takeFrom(led: Target[]): Sending[] {
    const taken: Sending[] = [];
    let bytes = 0;
    for (const target of led) {
      const size = target.waiting[0]?.bytes?.length ?? 0;
      if (!isReady(target) || (bytes > 0 && bytes + size > REQUEST_BYTES)) continue;
      const batch = target.waiting.shift() as Batch;
      if (target.waiting.length === 0) busy.delete(target);
      target.underWay.add(batch);
      taken.push([target, batch]);
      bytes += size;
    }
    for (const [target] of taken) {
      led.splice(led.indexOf(target), 1);
      led.push(target);
    }
    return taken;
  }

  async function post(node: number, batches: readonly Sending[]): Promise<void> {
    for (const { target, batch, answer, lost } of await requests.post(node, batches)) {
      target.underWay.delete(batch);
      if (answer) take(target, batch, answer);
      else retry(target, batch, lost);
    }
    pump();
  }

  /** A broker has answered. */
  function take(
    target: Target,
    batch: Batch,
    { errorCode, baseOffset }: { errorCode: number; baseOffset: bigint },
  ): void {
    const name = nameOf(errorCode);
    if (errorCode === 0 || name === 'DUPLICATE_SEQUENCE_NUMBER') acknowledge(target, batch, baseOffset);
    else if (name === 'OUT_OF_ORDER_SEQUENCE_NUMBER' && isBehindOther(target, batch)) putBack(target, batch);
    else if (name === 'UNKNOWN_TOPIC_OR_PARTITION' || isPassing(errorCode) || passingHere.has(name)) {
      batch.inDoubt ||= leavesOpen.has(name);
      retry(target, batch, kafkaError(`write to ${nameOfPlace(target)}`, errorCode));
    } else if (scopeOf(name) !== undefined) {
      if (scopeOf(name) === 'topic') shut.set(target.topic, name);
      leave(target, batch, name);
      leaveWaiting(target, undefined);
    } else {
      // Also where the log has lost what it had of us, or somebody has taken our place.
      leave(target, batch, undefined);
      fail(kafkaError(`write to ${nameOfPlace(target)}`, errorCode));
    }
  }

  function acknowledge(target: Target, batch: Batch, baseOffset: bigint): void {
    target.acknowledgedAt = performance.now();
    target.failures = 0;
    target.failingSince = undefined;
    batch.end({ baseOffset });
    if (target.left && target.left.turn < batch.turn)
      fail(new Error(`${nameOfPlace(target)} has a batch without the one before it`));
  }

  const isBehindOther = ({ waiting, underWay, left }: Target, { turn }: Batch): boolean =>
    [...waiting, ...underWay, ...(left ? [left] : [])].some((other) => other.turn < turn);

  /** It is tried again, once there is a leader, unless that has been going on for too long. */
  function retry(target: Target, batch: Batch, error: unknown): void {
    if (target.leader !== undefined) target.failures++;
    target.leader = undefined;
    putBack(target, batch);
    endPatience(target, error);
  }

  function putBack(target: Target, batch: Batch): void {
    target.acknowledgedAt = Number.NEGATIVE_INFINITY;
    if (failure || target.left) {
      leave(target, batch, undefined);
      return;
    }
    const behind = target.waiting.findIndex(({ turn }) => turn > batch.turn);
    target.waiting.splice(behind < 0 ? target.waiting.length : behind, 0, batch);
    busy.add(target);
  }

  function endPatience(target: Target, error: unknown): void {
    target.failingSince ??= performance.now();
    if (performance.now() - target.failingSince > patienceMs) fail(error);
  }

  /** It goes back to who sent it, and so does all that comes behind it. */
  function leave(target: Target, batch: Batch, refusal: string | undefined): void {
    if (!target.left || batch.turn < target.left.turn) target.left = batch;
    abandoned.add(target);
    batch.end({ refusal });
    if (batch.inDoubt) fail(new Error(`whether ${nameOfPlace(target)} has a batch is open`));
  }

  function leaveWaiting(target: Target, refusal: string | undefined): void {
    for (const batch of target.waiting.splice(0)) leave(target, batch, refusal);
    busy.delete(target);
  }

  function fail(error: unknown): void {
    if (failure) return;
    failure = { error };
    stopping.abort();
    for (const target of busy) leaveWaiting(target, undefined);
  }

  /** What was left may come again, under the numbers that it had. */
  function resume(): void {
    for (const target of abandoned) {
      target.sequence = target.left?.sequence ?? target.sequence;
      target.left = undefined;
    }
    abandoned.clear();
    shut.clear();
  }

  function sentOf(parts: readonly Part[]): Sent {
    const sent: Sent = { placements: [], unsent: [] };
    for (const { records, target, outcome } of parts) {
      if ('refusal' in outcome) {
        sent.unsent.push({ records, refusal: outcome.refusal });
        if (failure && outcome.refusal === undefined) sent.outage = failure.error;
      } else if (target) {
        const { topic, partition } = target;
        sent.placements.push({ topic, partition, from: outcome.baseOffset, count: records.length });
      }
    }
    return sent;
  }

  return {
    async send(records) {
      const placed = placing
        .then(() => place(records))
        .catch((error: unknown) => {
          // A record that can't be written, which nobody has looked at before.
          fail(error);
          return [{ records, target: undefined, outcome: { refusal: undefined } }];
        });
      placing = placed;
      const parts = await Promise.all(await placed);
      return sentOf(parts);
    },
    get failure() {
      return failure;
    },
    resume,
    fail,
  };
}

const nameOfPlace = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`;

function addTo<Key>(groups: Map<Key, OutgoingRecord[]>, key: Key, record: OutgoingRecord): void {
  const group = groups.get(key);
  if (group) group.push(record);
  else groups.set(key, [record]);
}
