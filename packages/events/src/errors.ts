/**
 * The one list of what can go wrong: each code with when it happens and what the operator does next. Logs,
 * problem+json answers and metrics carry the code, so a code is never renamed.
 */
export const errorCodes = {
  BREW_ALREADY_RUNNING: 'Brew runs already, from the same folder. Stop it first, or use the one that runs.',
  BREW_ARGUMENT_INVALID:
    'A command was given a flag or value that it does not take. Its --help tells what it takes.',
  BREW_BATCH_CORRUPT:
    "A record batch is not as it was written. Look at the broker's disk, and at who writes.",
  BREW_BATCH_UNREADABLE:
    'A record batch was written in a way that nobody can read. Its records are lost; find out who writes.',
  BREW_BROKER_UNAVAILABLE:
    'No Kafka broker could be reached, or too few are in sync. Look at the brokers; it is retried.',
  BREW_BUILD_SUPERSEDED:
    'Tables of a projection are written by somebody else, or others are live now. It goes on with those by itself.',
  BREW_CLUSTER_UNREACHABLE:
    'Nobody listens at the addresses that a command was given. Look at them, and at the network.',
  BREW_CONFIG_INVALID:
    'An environment variable is missing or malformed. Set what the message lists and start again.',
  BREW_CONSUMER_FAILED: 'A consumer ended and is being started again. Look at its cause if that goes on.',
  BREW_CONTROL_REFUSED: 'The process that runs Brew did not end or start another one. The message has why.',
  BREW_DATABASE_UNAVAILABLE:
    'PostgreSQL could not be reached or went away. Look at PostgreSQL; it is retried.',
  BREW_DEAD_LETTER_FAILED:
    'A record could not be parked in the DLQ, so its offset does not move. Look at the DLQ topic.',
  BREW_DISK_FULL: 'The disk has too little room. Free some, or choose another folder.',
  BREW_DOWNLOAD_FAILED: 'A part of the sandbox could not be downloaded. Look at the network and start again.',
  BREW_DRILL_REFUSED:
    'A drill does not begin on a cluster that is not whole, or unasked. Do what the message says first.',
  BREW_EVENT_INVALID:
    'An event is not what the rules say. Emitted: a defect; read: find who wrote it, it goes to the DLQ.',
  BREW_EVENT_UNTRANSLATABLE:
    'An event can not be said in the words of the topic that it is bridged to. It goes to the DLQ.',
  BREW_EVERY_RECORD_FAILS:
    'Nothing that a consumer takes succeeds. It parks nothing more and tries again. Look at the last deployment.',
  BREW_FENCED: 'Another process has taken over the work of this one. Nothing is lost; run it once.',
  BREW_FILE_UNREADABLE:
    'A file that a command was given is not there, or not what it takes. The message has why.',
  BREW_GROUP_MISSING: 'The cluster has no such consumer group. Look at its name, and at which cluster it is.',
  BREW_HEADERS_INVALID:
    'A record has no CloudEvents headers, or bad ones. Find who wrote it; it goes to the DLQ.',
  BREW_JAVA_MISSING: 'There is no JDK, or it is too old. Install one, or use Docker.',
  BREW_LETTERS_UNKNOWN:
    'A service could not look up all its dead letters. The message has why; look at that, and try again.',
  BREW_LOG_TRUNCATED: 'Records that were read are lost in Kafka. What was made of them has to be made anew.',
  BREW_MAVEN_MISSING: 'There is no Maven to fetch the Kafka jars with. Install it, or use Docker.',
  BREW_MIGRATION_FAILED:
    'A database migration failed and was rolled back. Read its cause; the service does not start.',
  BREW_NOT_PREPARED:
    'Something was used before its start, or after its stop. A defect in the order of starting.',
  BREW_NOT_RUNNING: 'A command needs a running Brew and there is none. Start it with: npm start.',
  BREW_OFFSET_OUT_OF_RANGE:
    'A position lies outside of what a partition holds. Rebuild from what there is, or find where it went.',
  BREW_PAYMENT_PROVIDER_UNAVAILABLE: 'The payment provider could not be reached or failed. It is retried.',
  BREW_PORT_TAKEN: 'Something else listens on a port that Brew needs. Stop it, or choose another port.',
  BREW_POSITION_LOST:
    'Kafka no longer knows how far a consumer group was. Begin anew, or set its offsets by hand.',
  BREW_PROCESS_DIED: 'A broker, database, registry or service ended by itself. Read the end of its log.',
  BREW_READ_REFUSED: 'Kafka does not let a topic be read. Look at its ACLs; the message has its reason.',
  BREW_RECORDS_LOST:
    'Records were deleted before a group read them. Set right what depends on them, then discard the dead letter.',
  BREW_RECORD_UNDECODABLE: 'A record is not what its schema says. Find who wrote it; it goes to the DLQ.',
  BREW_REGISTRY_UNAVAILABLE: 'The schema registry could not be reached. Look at the registry; it is retried.',
  BREW_REQUEST_REFUSED: 'An HTTP request was answered with a problem. The answer says what to change.',
  BREW_SCHEMA_INCOMPATIBLE:
    'A schema cannot read what older versions wrote. Mend it, or make a new topic version.',
  BREW_SCHEMA_INVALID:
    'A schema file is missing, malformed or not declared. The message names it and says what to do.',
  BREW_SCHEMA_UNKNOWN: 'The registry does not have a schema that is needed. Register the schemas first.',
  BREW_SEND_FAILED: 'Kafka refused a batch for good, or the send was aborted. Read its cause.',
  BREW_START_TIMEOUT: 'Something did not become ready in time. Read the end of its log.',
  BREW_STILL_RUNNING: 'Something that is to be removed is in use. End it, then remove it.',
  BREW_STOP_TIMEOUT:
    'Something did not stop in time and was left or killed. What it had not finished is done again.',
  BREW_TOPIC_DIFFERS:
    'A topic of the cluster is not as declared. The message says how; change the one or the other.',
  BREW_TOPIC_MISSING:
    'A topic that is needed does not exist, and none is made by itself. Create the topics first.',
  BREW_TOPIC_REFUSED: 'Kafka will not create or delete such a topic. The message has what it says.',
  BREW_TRANSACTION_OPEN:
    "Somebody's transaction keeps records back. It ends within minutes, or by kafka-transactions.sh abort.",
} as const;

export type ErrorCode = keyof typeof errorCodes;

export interface BrewErrorOptions {
  /** Whether the same thing may succeed later, unchanged. False unless said. */
  retryable?: boolean;
  cause?: unknown;
}

/**
 * The base of every error that Brew throws on purpose. The message is for the person who has to act: a sentence
 * that says what is wrong and, where they can do something, one that says what.
 */
export class BrewError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, { retryable = false, cause }: BrewErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = new.target.name;
    this.code = code;
    this.retryable = retryable;
  }
}
