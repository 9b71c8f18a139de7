import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Unsent } from '../adapter.ts';
import type { OutgoingRecord } from '../record.ts';
import { type Offer, offer, type Sending } from './offer.ts';

const PARTITIONS = 2;

/** One after the other, or so many beside each other. */
const through = ({ attempt, send }: Omit<Sending, 'window'>, window = 1): Sending => ({
  window,
  attempt,
  send,
});

/** A cluster that refuses records that are called bad, and everything for the topic `missing`; it answers later, in whatever order. */
function createCluster() {
  const log: OutgoingRecord[] = [];
  let requests = 0;
  /** Partitions of which something was not taken: see Sender. */
  const shut = new Set<string>();

  function take(records: readonly OutgoingRecord[]): Unsent[] {
    const topics = Map.groupBy(records, ({ topic }) => topic);
    const parts = Map.groupBy(records, ({ topic, key }) => `${topic}/${Number(key ?? 0) % PARTITIONS}`);
    if (topics.has('missing')) {
      for (const place of parts.keys()) shut.add(place);
      const refusal = topics.size === 1 ? 'UNKNOWN_TOPIC_OR_PARTITION' : undefined;
      return Array.from(topics.values(), (of) => ({ records: of, refusal }));
    }
    const unsent: Unsent[] = [];
    for (const [place, of] of parts) {
      const isShut = shut.has(place);
      if (!isShut && !of.some(isBad)) {
        log.push(...of);
        continue;
      }
      shut.add(place);
      unsent.push({ records: of, refusal: isShut ? undefined : 'MESSAGE_TOO_LARGE' });
    }
    return unsent;
  }

  async function attempt(records: readonly OutgoingRecord[]): Promise<Unsent[]> {
    requests += 1;
    const unsent = take(records);
    for (let turns = (requests * 7) % 5; turns > 0; turns--) await undefined;
    return unsent;
  }

  return {
    log,
    get requests() {
      return requests;
    },
    attempt,
    async send(records: readonly OutgoingRecord[]): Promise<Unsent[]> {
      shut.clear();
      return attempt(records);
    },
  };
}

const isBad = ({ value }: OutgoingRecord) => /^bad/.test(String(value));
const record = (topic: string, key: string | null, value: string): OutgoingRecord => ({
  topic,
  key,
  value: Buffer.from(value),
  headers: {},
});

/** What should become of each record, worked out one by one. */
function expected(records: readonly OutgoingRecord[]) {
  const held = new Set<string>();
  const outcome = {
    refused: [] as OutgoingRecord[],
    withheld: [] as OutgoingRecord[],
    sent: [] as OutgoingRecord[],
  };
  for (const each of records) {
    const place = `${each.topic}/${each.key}`;
    if (each.topic === 'missing' || (each.key !== null && held.has(place))) outcome.withheld.push(each);
    else if (isBad(each)) {
      outcome.refused.push(each);
      if (each.key !== null) held.add(place);
    } else outcome.sent.push(each);
  }
  return outcome;
}

const inTheirOrder = (records: readonly OutgoingRecord[], of: Iterable<OutgoingRecord>) => {
  const wanted = new Set(of);
  return records.filter((each) => wanted.has(each));
};

test('sends what is taken, once and in the order of each key, and neither a refused record nor what comes behind it', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc
          .tuple(
            fc.constantFrom('orders', 'orders', 'payments', 'missing'),
            fc.constantFrom('1', '2', '3', '4', null),
            fc.constantFrom('good', 'good', 'good', 'bad'),
          )
          .map(([topic, key, value]) => record(topic, key, value)),
        { maxLength: 60 },
      ),
      fc.integer({ min: 1, max: 60 }),
      fc.integer({ min: 1, max: 5 }),
      async (alike, size, window) => {
        const cluster = createCluster();
        // No two are alike, or nobody would see in which order they are.
        const records = alike.map((each, i) => ({ ...each, value: Buffer.from(`${each.value} ${i}`) }));
        const batches = Array.from({ length: Math.ceil(records.length / size) }, (_, i) =>
          records.slice(i * size, (i + 1) * size),
        );
        const { refused, closed, withheld } = await offer(batches, through(cluster, window));
        const right = expected(records);
        expect(inTheirOrder(records, refused.keys())).toEqual(right.refused);
        expect(inTheirOrder(records, withheld)).toEqual(right.withheld);
        expect(withheld).toHaveLength(right.withheld.length);
        expect(closed.has('missing')).toBe(records.some(({ topic }) => topic === 'missing'));
        expect(cluster.log).toHaveLength(right.sent.length);
        for (const each of Map.groupBy(right.sent, ({ topic, key }) => `${topic}/${key}`).values()) {
          expect(inTheirOrder(cluster.log, each)).toEqual(each);
        }
      },
    ),
  );
});

test('finds one of 500 with some 20 requests', async () => {
  const cluster = createCluster();
  const records = Array.from({ length: 500 }, (_, i) =>
    record('orders', String(2 * i), i === 311 ? 'bad' : 'good'),
  );
  const { refused } = await offer([records], through(cluster));
  expect([...refused]).toEqual([[records[311], 'MESSAGE_TOO_LARGE']]);
  expect(cluster.log).toHaveLength(499);
  expect(cluster.requests).toBeLessThanOrEqual(20);
});

test.each<[string, Partial<Record<keyof OutgoingRecord, unknown>>]>([
  ['INVALID_TOPIC_EXCEPTION', { topic: '' }],
  ['INVALID_TOPIC_EXCEPTION', { topic: 'orders of today' }],
  ['INVALID_TOPIC_EXCEPTION', { topic: '..' }],
  ['INVALID_RECORD: its key is neither text nor bytes', { key: 7 }],
  ['INVALID_RECORD: its value is no bytes', { value: undefined }],
  ['INVALID_RECORD: its header note is neither text nor bytes', { headers: { note: null } }],
  ['INVALID_TIMESTAMP: it is none', { timestamp: new Date(Number.NaN) }],
  ['MESSAGE_TOO_LARGE', { value: Buffer.alloc(101 * 1024 * 1024) }],
])('refuses by itself what no broker could be asked to take (%s)', async (reason, part) => {
  const cluster = createCluster();
  const odd = { ...record('orders', '1', 'good'), ...part } as OutgoingRecord;
  const good = record('orders', '2', 'good');
  const { refused }: Offer = await offer([[odd, good]], through(cluster));
  expect(refused).toEqual(new Map([[odd, reason]]));
  expect(cluster.log).toEqual([good]);
});
