import { partitionKey, type TopicPartitions, type TopicSetting } from '@brew/kafka/inspect';
import { describe, expect, it } from '@jest/globals';
import { notAllTold, plain } from '../text/format.ts';
import { renderTopic, renderTopics } from './renderTopics.ts';
import { allTold, topicReport } from './topicReport.ts';

const topic = (inSync: number[], leader: number | undefined): TopicPartitions => ({
  name: 'clicks',
  internal: false,
  partitions: [
    { partition: 0, leader: 1, replicas: [1, 2, 3], inSync: [1, 2, 3] },
    { partition: 1, leader, replicas: [2, 3, 1], inSync },
  ],
});
const ranges = new Map([
  [partitionKey('clicks', 0), { earliest: 10n, latest: 1_510n, readable: 1_500n }],
  [partitionKey('clicks', 1), { earliest: 0n, latest: 500n, readable: 500n }],
]);
const sizes = new Map([
  [partitionKey('clicks', 0), new Map([1, 2, 3].map((broker) => [broker, 2_048]))],
  [partitionKey('clicks', 1), new Map([1, 2, 3].map((broker) => [broker, 1_024]))],
]);
const setting = (name: string, value: string, standard: string, source: TopicSetting['source']) => ({
  name,
  value,
  default: standard,
  source,
});
const settings = new Map([
  [
    'clicks',
    [
      setting('retention.ms', '86400000', '604800000', 'topic'),
      setting('cleanup.policy', 'delete', 'delete', 'topic'),
      setting('min.insync.replicas', '2', '1', 'broker'),
      setting('flush.ms', '9223372036854775807', '9223372036854775807', 'default'),
    ],
  ],
]);

const whole = topicReport(topic([2, 3, 1], 2), { ranges, sizes, settings });
const text = (lines: string[]) => lines.join('\n');

describe('one topic', () => {
  it('is shown with its partitions and what differs from the defaults', () => {
    expect(text(renderTopic(whole, 0, plain))).toBe(
      `
clicks: 2 partitions, 2,000 records, 3.0 KiB (9.0 KiB in all replicas), ok

PARTITION  LEADER  REPLICAS  IN SYNC  EARLIEST  LATEST  RECORDS     SIZE
        0       1  1 2 3     1 2 3          10    1510    1,500  2.0 KiB
        1       2  2 3 1     2 3 1           0     500      500  1.0 KiB

SETTING              VALUE                   DEFAULT                 SET FOR
min.insync.replicas  2                       1                       all topics
retention.ms         86400000 (24 h 00 min)  604800000 (7 days 0 h)  this topic`.trim(),
    );
  });

  it('says so when nothing differs', () => {
    const plainOne = topicReport(topic([2, 3, 1], 2), { ranges, sizes, settings: new Map([['clicks', []]]) });
    expect(renderTopic(plainOne, 0, plain).at(-1)).toBe("All of its settings are Kafka's defaults.");
  });

  it('fits a terminal of 80 columns', () => {
    expect(
      Math.max(
        ...renderTopic(whole, 80, plain)
          .slice(1)
          .map((line) => line.length),
      ),
    ).toBeLessThanOrEqual(80);
  });
});

describe('a topic in trouble', () => {
  const lines = (...args: Parameters<typeof topic>) =>
    text(renderTopics([topicReport(topic(...args), { ranges, sizes })], 0, plain));

  it('says how many partitions lack a replica, or a leader', () => {
    expect(lines([2, 3, 1], 2)).toMatch(/^clicks +2 +3 +2,000 +3\.0 KiB {2}ok$/m);
    expect(lines([2, 3], 2)).toMatch(/1 under-replicated$/m);
    expect(lines([2], undefined)).toMatch(/1 without a leader$/m);
  });

  it('shows what nobody tells as unknown, and not as nothing', () => {
    const unknown = topicReport(topic([2], undefined), {
      ranges: new Map([...ranges].slice(0, 1)),
      sizes: new Map(),
    });
    expect(unknown).toMatchObject({ records: null, bytes: null, bytesOnDisk: null });
    expect(unknown.partitions[1]).toMatchObject({ leader: null, earliest: null, latest: null });
    expect(text(renderTopics([unknown], 0, plain))).toMatch(/^clicks +2 +3 +- +- {2}1 without a leader$/m);
    expect(text(renderTopic(unknown, 0, plain))).toMatch(/^ +1 +none {2}2 3 1 +2 +- +- +- +-$/m);
  });
});

it('does not call a topic ok whose leaders do not answer', () => {
  const silent = topicReport(topic([2, 3, 1], 2), { ranges: new Map([...ranges].slice(0, 1)), sizes });
  expect(text(renderTopics([silent], 0, plain))).toMatch(/^clicks +2 +3 +- +3\.0 KiB {2}not known$/m);
  // A partition without a leader has nobody who could tell.
  const leaderless = topicReport(topic([2], undefined), { ranges: new Map([...ranges].slice(0, 1)), sizes });
  expect([whole, silent, leaderless].map(allTold)).toEqual([true, false, true]);
});

it.each([
  [[], 'Some partitions did not answer. See npx brew status'],
  [
    [2],
    'Broker 2 did not answer: what nobody else knows is missing here, or shown as -. See npx brew status',
  ],
  [
    [1, 2, 3],
    'Brokers 1, 2 and 3 did not answer: what nobody else knows is missing here, or shown as -. See npx brew status',
  ],
])('names the brokers %j that did not answer', (silent, sentence) => {
  expect(notAllTold(silent)).toBe(sentence);
});

it('says that there are no topics', () => {
  expect(renderTopics([], 0, plain)).toEqual(['There are no topics.']);
});
