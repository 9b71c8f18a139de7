import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';

/**
 * Of patches/kafkajs@2.2.4.patch. Unpatched, the queue arms a timer after every answer, with the time since the epoch
 * as a negative delay: Node 24 warns of it (TimeoutNegativeWarning), takes 1 ms instead, and so each connection wakes
 * up a thousand times a second for ever. And it waits for the answer to ApiVersions for as long as for any other.
 */
const RequestQueue = createRequire(import.meta.url)('kafkajs/src/network/requestQueue');

const silent = { debug() {}, info() {}, warn() {}, error() {} };

const createQueue = (options: object = {}) =>
  new RequestQueue({ requestTimeout: 1_000, clientId: 'test', broker: 'b:1', logger: silent, ...options });

function push(queue: InstanceType<typeof RequestQueue>, correlationId: number): { sent: boolean } {
  const request = { sent: false };
  const entry = { correlationId, resolve() {}, reject() {}, apiKey: 3, apiName: 'Metadata', apiVersion: 1 };
  queue.push({ entry, expectResponse: true, sendRequest: () => Object.assign(request, { sent: true }) });
  return request;
}

const answer = (queue: InstanceType<typeof RequestQueue>, correlationId: number) =>
  queue.fulfillRequest({ correlationId, payload: Buffer.alloc(0), size: 0 });

let delays: unknown[];

beforeEach(() => {
  jest.useFakeTimers();
  const arm = globalThis.setTimeout;
  delays = [];
  jest.spyOn(globalThis, 'setTimeout').mockImplementation(((run: () => void, delay: number) => {
    delays.push(delay);
    return arm(run, delay);
  }) as never);
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

test('arms no timer for a queue without pending requests', () => {
  const queue = createQueue();
  push(queue, 1);
  answer(queue, 1);
  expect(delays).toEqual([]);
  expect(jest.getTimerCount()).toBe(0);
});

test('sends a throttled request when the throttling ends, without ever a negative delay', () => {
  const queue = createQueue();
  queue.maybeThrottle(500);
  const request = push(queue, 1);
  expect(request.sent).toBe(false);
  jest.advanceTimersByTime(500);
  expect(request.sent).toBe(true);
  answer(queue, 1);
  jest.advanceTimersByTime(10_000);
  expect(delays).toEqual([500]);
});

test('sends a request that waited for another one as soon as that is answered', () => {
  const queue = createQueue({ maxInFlightRequests: 1 });
  push(queue, 1);
  const second = push(queue, 2);
  expect(second.sent).toBe(false);
  answer(queue, 1);
  expect(second.sent).toBe(true);
  expect(delays.every((delay) => Number(delay) > 0)).toBe(true);
});

test('waits for the answer to the first question no longer than for a connection, and for others as long as they may take', () => {
  const queue = createQueue({ requestTimeout: 10_000, enforceRequestTimeout: true });
  const timedOut: string[] = [];
  for (const [apiKey, apiName] of [
    [18, 'ApiVersions'],
    [1, 'Fetch'],
  ] as const) {
    const entry = {
      correlationId: apiKey,
      apiKey,
      apiName,
      apiVersion: 1,
      resolve() {},
      reject: () => timedOut.push(apiName),
    };
    queue.push({ entry, expectResponse: true, requestTimeout: 3_000, sendRequest() {} });
  }
  queue.scheduleRequestTimeoutCheck();
  jest.advanceTimersByTime(3_200);
  expect(timedOut).toEqual(['ApiVersions']);
  jest.advanceTimersByTime(7_000);
  expect(timedOut).toEqual(['ApiVersions', 'Fetch']);
  queue.destroy();
});
