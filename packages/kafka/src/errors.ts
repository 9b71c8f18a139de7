import { BrewError } from '@brew/events';
import { scopeOf } from './producer/refusals.ts';

/**
 * No broker answered. Thrown by the admin; producers and consumers wait and try again by themselves.
 * Operator: look whether the brokers run and whether their addresses are the configured ones.
 */
export class BrokerUnavailableError extends BrewError {
  constructor(doing: string, cause: unknown) {
    super('BREW_BROKER_UNAVAILABLE', `Kafka could not be reached to ${doing}: ${clauseOf(cause)}.`, {
      retryable: true,
      cause,
    });
  }
}

/**
 * A topic does not exist; none is made by itself, because it would get the wrong partition count.
 * Operator: create the topics, then it goes on by itself.
 */
export class TopicMissingError extends BrewError {
  /** Those that were asked for, some of which are missing. */
  readonly topics: readonly string[];

  constructor(topics: readonly string[], cause?: unknown) {
    const missing =
      topics.length === 1
        ? `The topic ${topics[0]} does not exist`
        : `Not all topics exist of ${topics.join(', ')}`;
    super('BREW_TOPIC_MISSING', `${missing}. Look at the name, or create it first.`, {
      retryable: true,
      cause,
    });
    this.topics = topics;
  }
}

/**
 * Kafka won't ever create such a topic, or delete one for us: its name, a setting or the number of its replicas is not right, or there is no ACL for
 * it. Operator: see what Kafka says.
 */
export class TopicRefusedError extends BrewError {
  constructor(doing: 'create' | 'delete', topic: string, why: string) {
    super('BREW_TOPIC_REFUSED', `Kafka refuses to ${doing} the topic ${topic}: ${withoutStop(why)}.`);
  }
}

/** There is no such consumer group, or not any more: one without members and offsets is forgotten. */
export class GroupMissingError extends BrewError {
  constructor(group: string) {
    super(
      'BREW_GROUP_MISSING',
      `There is no consumer group ${group}. Look at its name, and at the cluster's address.`,
    );
  }
}

/** A consumer or follower ended and is being started again; seen in its `lastError` and in the log. */
export class ConsumerFailedError extends BrewError {
  constructor(group: string, cause: unknown) {
    super('BREW_CONSUMER_FAILED', `The consumer of group ${group} ended: ${clauseOf(cause)}.`, {
      retryable: true,
      cause,
    });
  }
}

/**
 * A batch was given up: its sender aborted it or the producer was stopped (retryable; it may be in the log
 * nevertheless), or Kafka will never take it, for example because a record is larger than the topic allows.
 */
export class SendFailedError extends BrewError {
  constructor(why: string, options: { retryable: boolean; cause?: unknown }) {
    super('BREW_SEND_FAILED', `The records were not acknowledged: ${why}.`, options);
  }
}

/**
 * Another instance of a pipeline has begun after this one and fenced it: what this one had under way was aborted, and the other
 * one does it. Operator: nothing, if that was meant; otherwise find out who runs it twice.
 */
export class FencedError extends BrewError {
  constructor(group: string, where: string, cause: unknown) {
    super(
      'BREW_FENCED',
      `Another process has begun to work as ${group} and goes on with ${where}; this one has nothing more to do.`,
      { cause },
    );
  }
}

/** A client was used before its start() or after its stop(): a mistake in the order of starting. */
export class NotPreparedError extends BrewError {
  constructor(what: string) {
    super('BREW_NOT_PREPARED', what);
  }
}

/**
 * The dead letter topic did not take a record in time. Its offset does not move, and it is tried again.
 * Operator: look whether GROUP.dlq exists and has its replicas.
 */
export class DeadLetterFailedError extends BrewError {
  constructor(topic: string, cause: unknown) {
    super('BREW_DEAD_LETTER_FAILED', `${topic} did not take a record: ${clauseOf(cause)}.`, {
      retryable: true,
      cause,
    });
  }
}

/**
 * Nothing that a consumer takes succeeds, over all partitions and keys: as after a bad deployment. It parks nothing more, tries again, and
 * goes on with the first record that succeeds. Operator: look at the last deployment, and at the cause.
 */
export class EveryRecordFailsError extends BrewError {
  constructor(since: Date, cause: unknown) {
    super(
      'BREW_EVERY_RECORD_FAILS',
      `Every record fails since ${since.toISOString()}, the last one with: ${clauseOf(cause).slice(0, 300)}. None is parked until one succeeds.`,
      { retryable: true, cause },
    );
  }
}

/**
 * An event is not what its schema and the rules for our events say, or stands where it does not belong. About to be written: a defect in the
 * emitting code. Read from a topic: poison, written by somebody else. Operator: find out who.
 */
export class InvalidEventError extends BrewError {
  constructor(type: string, problems: readonly string[], cause?: unknown) {
    super('BREW_EVENT_INVALID', `Not a valid ${type}: ${problems.join('; ')}.`, { cause });
  }
}

/** A record that nobody can read, now or later: poison. Operator: find out who wrote it. */
export class UndecodableRecordError extends BrewError {
  constructor(why: string, cause?: unknown) {
    super('BREW_RECORD_UNDECODABLE', `The record can't be decoded: ${why.replace(/\.$/, '')}.`, { cause });
  }
}

/** The schema registry can't be reached, or is failing by itself (5xx). Operator: look at the registry. */
export class RegistryUnavailableError extends BrewError {
  constructor(url: string, cause: unknown) {
    super(
      'BREW_REGISTRY_UNAVAILABLE',
      `The schema registry at ${url} could not be used: ${clauseOf(cause)}.`,
      {
        retryable: true,
        cause,
      },
    );
  }
}

/** A schema breaks the rules of its subject: readers of older records would fail. */
export class SchemaIncompatibleError extends BrewError {
  constructor(subject: string, why: string, cause?: unknown) {
    super(
      'BREW_SCHEMA_INCOMPATIBLE',
      `The schema breaks BACKWARD_TRANSITIVE of ${subject}: ${why}. Mend it, or make a new topic version.`,
      { cause },
    );
  }
}

/** The registry doesn't have a schema that this process writes. Operator: register the schemas first. */
export class SchemaUnknownError extends BrewError {
  constructor(subject: string, cause?: unknown) {
    super(
      'BREW_SCHEMA_UNKNOWN',
      `The registry has no such schema under ${subject}. Register the schemas first.`,
      {
        retryable: true,
        cause,
      },
    );
  }
}

/**
 * A position lies outside of what the partition holds: retention or somebody deleted what came next, or the log is shorter
 * than it was. Nothing is skipped. Operator: rebuild from what is there, or find out where the records went.
 */
export class OffsetOutOfRangeError extends BrewError {
  /** Where the log ends, if it is shorter than the position. */
  readonly shorterLog: { topic: string; partition: number; offset: bigint } | undefined;

  constructor(topic: string, partition: number, offset: bigint, there: { earliest: bigint; latest: bigint }) {
    // Without the partition's end, which moves: as long as it stands still here, the reason is the same.
    const why =
      offset < there.earliest
        ? `what came next was deleted, and it begins at ${there.earliest}`
        : 'the log is shorter than that';
    super('BREW_OFFSET_OUT_OF_RANGE', `Offset ${offset} of ${topic}/${partition} can't be read: ${why}.`);
    this.shorterLog = offset > there.latest ? { topic, partition, offset: there.latest } : undefined;
  }
}

/**
 * Records were deleted before a group read them, by retention while it was away for too long, or by somebody. Their partition stands still.
 * Operator: find out what they were (the services that had read them know), have them sent again or set right by hand what depends on
 * them, and discard the dead letter that stands for them; or set the offset of the stopped group.
 */
export class RecordsLostError extends BrewError {
  constructor(topic: string, partition: number, first: bigint, last: bigint) {
    const which = first === last ? `Offset ${first}` : `Offsets ${first} to ${last}`;
    super(
      'BREW_RECORDS_LOST',
      `${which} of ${topic}/${partition} were deleted before this group read them. ` +
        'The partition stands still until the dead letter that says so is discarded: npx brew dlq',
    );
  }
}

/**
 * Somebody's transaction has been open for long: nobody who reads committed records gets what was written behind its beginning. It ends by itself
 * when its time is over (transaction.timeout.ms, at most 15 min as brokers have it). Operator: find out whose it is, or end it, with
 * kafka-transactions.sh (KIP-664).
 */
export class OpenTransactionError extends BrewError {
  constructor(topic: string, partition: number, offset: bigint, since: Date) {
    super(
      'BREW_TRANSACTION_OPEN',
      `A transaction has been open on ${topic}/${partition} since ${since.toISOString()} at least: what comes from offset ${offset} on can't be read before it ends.`,
      { retryable: true },
    );
  }
}

/**
 * Records that were read are no longer in the log: a broker that lacked them became the leader (an unclean election), or
 * the topic was deleted and made anew. Operator: what was made of them has to be made anew.
 */
export class LogTruncatedError extends BrewError {
  /** Up to where the log is still the one that was read, if it is known. */
  readonly shorterLog: { topic: string; partition: number; offset: bigint } | undefined;

  constructor(topic: string, partition: number, offset: bigint, why: string, divergedAt?: bigint) {
    super(
      'BREW_LOG_TRUNCATED',
      `${topic}/${partition} was read up to offset ${offset}, and records are lost: ${why}.`,
    );
    this.shorterLog = divergedAt === undefined ? undefined : { topic, partition, offset: divergedAt };
  }
}

/**
 * A record batch that was written in a way that nobody can read, now or later: a format older than Kafka 0.11, a codec that does not exist, lengths
 * that are none, or more than it may unpack to. Its records are lost. Operator: find out who writes to the topic.
 */
export class UnreadableBatchError extends BrewError {
  readonly topic: string;
  readonly partition: number;
  readonly from: bigint;
  /** Exclusive. */
  readonly until: bigint;

  constructor(batch: { topic: string; partition: number; from: bigint; until: bigint }, why: string) {
    const { topic, partition, from, until } = batch;
    const where = `${topic}/${partition}, offsets ${from} to ${until - 1n}`;
    super('BREW_BATCH_UNREADABLE', `Nobody can read the record batch of ${where}: ${why}.`);
    this.topic = topic;
    this.partition = partition;
    this.from = from;
    this.until = until;
  }
}

/**
 * Bytes that are not those that were written. Reading ends, since another replica may have them, and nothing is to be skipped.
 * Operator: look at the broker's disk; the message names topic, partition and offset.
 */
export class CorruptBatchError extends BrewError {
  constructor(where: string, why: string) {
    super('BREW_BATCH_CORRUPT', `A record batch of ${where} can't be read: ${why}.`);
  }
}

/** Kafka won't ever let us read this: as a rule for want of an ACL. Operator: see Kafka's name of the error. */
export class ReadRefusedError extends BrewError {
  constructor(what: string, kafkaError: string) {
    super('BREW_READ_REFUSED', `Kafka refuses to let ${what} be read: ${kafkaError}.`);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Causes of causes beyond that are left out: they may go in a circle. */
const MOST_CAUSES = 10;

/** What an error says with what led to it, each once: a connection that failed says why only in its cause. */
export function reasonOf(error: unknown, mostCauses = MOST_CAUSES): string {
  const message = messageOf(error);
  if (!(error instanceof Error) || error.cause === undefined || mostCauses === 0) return message;
  const reason = reasonOf(error.cause, mostCauses - 1);
  return message.includes(withoutStop(reason)) ? message : `${withoutStop(message)}: ${reason}`;
}

/** The same as the end of a sentence, whose full stop comes behind it. */
const clauseOf = (error: unknown): string => withoutStop(reasonOf(error));

const withoutStop = (sentence: string): string => sentence.replace(/\.$/, '');

/** Whether Kafka will never take these records, or one of them, for what it is. */
export const isContentRefused = (error: unknown): boolean => scopeOf(kafkaErrorTypeOf(error)) === 'record';

/** Kafka's name for what went wrong, such as UNKNOWN_TOPIC_OR_PARTITION; kafkajs wraps it up to three times. */
export function kafkaErrorTypeOf(error: unknown): string | undefined {
  for (let e = error; e instanceof Error; e = e.cause) {
    if ('type' in e && typeof e.type === 'string') return e.type;
  }
  return undefined;
}
