import { isNativeError } from 'node:util/types';

/**
 * Tells an outage (nothing is wrong with the work: wait, then try the same again) from every other error.
 * Serialization failures (40001) and deadlocks (40P01) are no outage: they pass on the next attempt and count as attempts.
 *
 * Looks through `cause` and the parts of an AggregateError (localhost is tried over IPv6 and IPv4). So it tells that something is away, not what:
 * a BrewError of a broker that can't be reached is an outage, too.
 */
export function isOutage(error: unknown): boolean {
  if (!isNativeError(error)) return false; // not instanceof: errors of Node itself come from another realm in a test
  const { code, errors } = error as { code?: unknown; errors?: unknown };
  if (typeof code === 'string' && isOutageCode(code)) return true;
  // As a beginning, and without a code: what a record says may be anywhere in the message of an error about it.
  if (code === undefined && OUTAGE_MESSAGES.some((message) => error.message.startsWith(message))) return true;
  if (Array.isArray(errors) && errors.some(isOutage)) return true;
  return isOutage(error.cause);
}

const NETWORK_CODES = new Set([
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EPIPE',
  'ETIMEDOUT',
]);

/** SQLSTATE classes, see https://www.postgresql.org/docs/18/errcodes-appendix.html */
const OUTAGE_CLASSES = [
  '08', // connection exception
  '28', // invalid authorization: a password that was rotated is the operator's to put right, not a reason to drop events
  '53', // insufficient resources: too many connections, disk full, out of memory
  '58', // system error: I/O
];

const OUTAGE_STATES = new Set([
  '25P03', // idle in transaction: this process was frozen, or cut off
  '25006', // read-only transaction: connected to what is a standby now, or a full disk's emergency mode
  '3D000', // the database does not exist (yet, or while it is restored)
  // A statement took longer than it may, as a rule since somebody holds a lock, or the disk is slow. Not counted as an attempt at a record: a
  // table that is locked for a minute would fill the dead letters. A statement that never ends is told by health, as what holds it up.
  '57014',
  '57P01', // admin shutdown, pg_terminate_backend
  '57P02', // crash shutdown
  '57P03', // cannot connect now: starting up
  '57P05', // idle session timeout
]);

function isOutageCode(code: string): boolean {
  if (NETWORK_CODES.has(code) || OUTAGE_STATES.has(code)) return true;
  return code.length === 5 && OUTAGE_CLASSES.some((sqlClass) => code.startsWith(sqlClass));
}

/** pg throws these without a code; its tests pin the wording down for the version in the lockfile. */
const OUTAGE_MESSAGES = [
  'Too many wait for a connection', // the queue of the pool is full
  'Connection terminated', // … unexpectedly, … due to connection timeout
  'timeout expired', // a session: the server took the connection and went silent
  'Query read timeout', // no answer within query_timeout
  'timeout exceeded when trying to connect', // no free connection in the pool within connectionTimeoutMillis
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
  'Cannot use a pool after calling end', // the process is stopping: the work is for its successor
];
