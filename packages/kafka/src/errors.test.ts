import { BrewError } from '@brew/events';
import { expect, test } from '@jest/globals';
import { describeError } from './describeError.ts';
import * as errors from './errors.ts';

const all: BrewError[] = [
  new errors.BrokerUnavailableError('ask', new Error('why')),
  new errors.TopicMissingError(['t']),
  new errors.TopicRefusedError('create', 't', 'INVALID_CONFIG'),
  new errors.GroupMissingError('g'),
  new errors.ConsumerFailedError('g', new Error('why')),
  new errors.SendFailedError('why', { retryable: true }),
  new errors.FencedError('g', 't/0', new Error('why')),
  new errors.NotPreparedError('why'),
  new errors.DeadLetterFailedError('t', new Error('why')),
  new errors.EveryRecordFailsError(new Date(), new Error('why')),
  new errors.InvalidEventError('T', ['why']),
  new errors.UndecodableRecordError('why'),
  new errors.RegistryUnavailableError('http://r', new Error('why')),
  new errors.SchemaIncompatibleError('s', 'why'),
  new errors.SchemaUnknownError('s'),
  new errors.OffsetOutOfRangeError('t', 0, 1n, { earliest: 2n, latest: 99n }),
  new errors.RecordsLostError('t', 0, 1n, 2n),
  new errors.OpenTransactionError('t', 0, 1n, new Date(0)),
  new errors.LogTruncatedError('t', 0, 2n, 'why'),
  new errors.UnreadableBatchError({ topic: 't', partition: 0, from: 1n, until: 3n }, 'why'),
  new errors.CorruptBatchError('t/0', 'why'),
  new errors.ReadRefusedError('t', 'TOPIC_AUTHORIZATION_FAILED'),
];

test('every class of error has a code of its own', () => {
  expect(new Set(all.map(({ code }) => code)).size).toBe(all.length);
  const classes = Object.values(errors).filter((e) => Object.getPrototypeOf(e) === BrewError);
  expect(new Set(all.map((error) => error.constructor))).toEqual(new Set(classes));
});

test('only what may succeed later, unchanged, is retryable', () => {
  const final = all.filter(({ retryable }) => !retryable).map(({ name }) => name);
  expect(final).toEqual([
    'TopicRefusedError',
    'GroupMissingError',
    'FencedError',
    'NotPreparedError',
    'InvalidEventError',
    'UndecodableRecordError',
    'SchemaIncompatibleError',
    'OffsetOutOfRangeError',
    'RecordsLostError',
    'LogTruncatedError',
    'UnreadableBatchError',
    'CorruptBatchError',
    'ReadRefusedError',
  ]);
});

test('finds the name that Kafka has for an error, however deep kafkajs has wrapped it', () => {
  const inner = Object.assign(new Error('no'), { type: 'UNKNOWN_TOPIC_OR_PARTITION' });
  const outer = new Error('retries exceeded', { cause: new Error('not retriable', { cause: inner }) });
  expect(errors.kafkaErrorTypeOf(outer)).toBe('UNKNOWN_TOPIC_OR_PARTITION');
  expect(errors.kafkaErrorTypeOf(new Error('other'))).toBeUndefined();
});

test('a broker that can not be reached is told with what led to it', () => {
  const refused = new Error('connect ECONNREFUSED 127.0.0.1:1');
  const failed = new Error('Connection to 127.0.0.1:1 failed.', { cause: refused });
  expect(new errors.BrokerUnavailableError('list the groups', failed).message).toBe(
    'Kafka could not be reached to list the groups: Connection to 127.0.0.1:1 failed: connect ECONNREFUSED 127.0.0.1:1.',
  );
  const repeated = new Error('it timed out', { cause: new Error('timed out') });
  expect(new errors.BrokerUnavailableError('ask', repeated).message).toBe(
    'Kafka could not be reached to ask: it timed out.',
  );
});

test.each([
  (cause: Error) => new errors.RegistryUnavailableError('http://r', cause),
  (cause: Error) => new errors.ConsumerFailedError('g', cause),
  (cause: Error) => new errors.DeadLetterFailedError('g.dlq', cause),
])('says why in its message, down to the first cause, and a log says it no second time (%#)', (make) => {
  const error = make(new TypeError('fetch failed', { cause: new Error('bad port') }));
  expect(error.message).toMatch(/: fetch failed: bad port\.$/);
  expect(errors.reasonOf(error)).toBe(error.message);
  expect(describeError(error)).toMatchObject({ message: error.message });
  const outer = new Error('gave up', { cause: error });
  expect(describeError(outer)).toMatchObject({ message: `gave up: ${error.message}` });
});

test('causes that go in a circle have an end', () => {
  const error = new Error('a');
  error.cause = new Error('b', { cause: error });
  expect(errors.reasonOf(error)).toMatch(/^a: b/);
});

test('ends a sentence once, also where what it was caused by is one', () => {
  const cause = new errors.TopicMissingError(['min.dlq']);
  expect(new errors.DeadLetterFailedError('min.dlq', cause).message).toMatch(/[^.]\.$/);
  expect(new errors.ConsumerFailedError('min', cause).message).toMatch(/[^.]\.$/);
});
