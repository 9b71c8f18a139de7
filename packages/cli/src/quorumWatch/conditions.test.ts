import { describe, expect, it } from '@jest/globals';
import type { QuorumReport, ReportedNode } from '../quorum/report.ts';
import { createAlerts } from './alerts.ts';
import { conditionsOf, defaultThresholds, type Memory, remember } from './conditions.ts';
import type { Observation, UnderMinIsr } from './observe.ts';

const seconds = (at: number) => new Date(1_767_268_800_000 + at * 1_000);
const voter = (id: number, facts: Partial<ReportedNode> = {}): ReportedNode => ({
  id,
  host: null,
  port: null,
  rack: null,
  broker: true,
  voter: true,
  activeController: false,
  lag: 0,
  silentMs: 100,
  behindMs: 100,
  ...facts,
});

/** What is seen at some second. */
function seen(
  at: number,
  {
    leader = 1,
    epoch = 7,
    voters = [voter(1), voter(2), voter(3)],
    underMinIsr = [] as UnderMinIsr[],
  }: {
    leader?: number | null;
    epoch?: number;
    voters?: ReportedNode[];
    underMinIsr?: UnderMinIsr[];
  } = {},
): Observation {
  const quorum: QuorumReport = {
    time: '',
    clusterId: 'c',
    metadataControllerProxy: 2,
    raftLeader: leader,
    leaderEpoch: leader === null ? null : epoch,
    highWatermark: null,
    currentVoters: null,
    nodes: voters,
  };
  return { at: seconds(at), quorum, underMinIsr };
}

/** The names and subjects of what is wrong, after these looks. */
function wrong(...looks: Observation[]): string[] {
  let memory: Memory | undefined;
  let found: string[] = [];
  for (const look of looks) {
    memory = remember(memory, look);
    const { conditions } = conditionsOf(look, memory, defaultThresholds);
    found = conditions.map(({ alert, subject }) => `${alert} ${subject}`.trim());
  }
  return found;
}

describe('what is wrong', () => {
  it('is nothing when everybody is up, and a leader that is met for the first time is not a new one', () => {
    expect(wrong(seen(0), seen(2))).toEqual([]);
  });

  it.each<[string, Observation[], string[]]>([
    ['no broker answers', [{ at: seconds(0), problem: 'Nobody.' }], ['cluster-unreachable']],
    ['no controller is active', [seen(0, { leader: null })], ['no-active-controller']],
    [
      'a voter is silent',
      [seen(0, { voters: [voter(1), voter(2, { silentMs: 5_001 }), voter(3)] })],
      ['voters-down'],
    ],
    ['there are only two voters', [seen(0, { voters: [voter(1), voter(2)] })], ['voters-down']],
    [
      'a voter lacks too much',
      [seen(0, { voters: [voter(1), voter(2, { lag: 1_001 }), voter(3)] })],
      ['voter-lagging 2'],
    ],
    [
      'a voter is behind for too long',
      [seen(0, { voters: [voter(1), voter(2), voter(3, { behindMs: 10_001 })] })],
      ['voter-lagging 3'],
    ],
    ['the leader is another one', [seen(0), seen(2, { leader: 3, epoch: 8 })], ['leader-changed epoch 8']],
    [
      'the leader is the same after an election',
      [seen(0), seen(2, { epoch: 9 })],
      ['leader-changed epoch 9'],
    ],
    [
      'the leader is another one after a while without',
      [seen(0), seen(2, { leader: null }), seen(4, { leader: 2, epoch: 8 })],
      ['leader-changed epoch 8'],
    ],
    [
      'partitions lack replicas',
      [seen(0, { underMinIsr: [{ topic: 't', minIsr: 2, partitions: [{ partition: 0, inSync: 1 }] }] })],
      ['under-min-isr t'],
    ],
  ])('is told when %s', (_what, looks, expected) => {
    expect(wrong(...looks)).toEqual(expected);
  });

  it('is a changed leader for a minute', () => {
    expect(wrong(seen(0), seen(2, { leader: 3, epoch: 8 }), seen(62, { leader: 3, epoch: 8 }))).toEqual([
      'leader-changed epoch 8',
    ]);
    expect(wrong(seen(0), seen(2, { leader: 3, epoch: 8 }), seen(63, { leader: 3, epoch: 8 }))).toEqual([]);
  });

  it('is not a voter that the new leader has not heard of yet, unless that goes on', () => {
    const voters = [voter(1), voter(2, { silentMs: null, lag: null, behindMs: null }), voter(3)];
    expect(wrong(seen(0, { voters }), seen(5, { voters }))).toEqual([]);
    expect(wrong(seen(0, { voters }), seen(6, { voters }))).toEqual(['voters-down']);
  });
});

describe('an alert', () => {
  /** What is told of each look: alert and state. */
  function told(...looks: Observation[]): string[][] {
    const alerts = createAlerts();
    let memory: Memory | undefined;
    return looks.map((look) => {
      memory = remember(memory, look);
      const { conditions, unknown } = conditionsOf(look, memory, defaultThresholds);
      return alerts.update(conditions, unknown, look.at).map(({ alert, state }) => `${alert} ${state}`);
    });
  }
  const silent = (silentMs: number) => ({ voters: [voter(1), voter(2, { silentMs }), voter(3)] });

  it('is told once when it begins, and once when it ends', () => {
    expect(told(seen(0), seen(2, silent(6_000)), seen(4, silent(8_000)), seen(6), seen(8))).toEqual([
      [],
      ['voters-down firing'],
      [],
      ['voters-down resolved'],
      [],
    ]);
  });

  it('goes on while nobody can tell', () => {
    expect(
      told(
        seen(0, silent(6_000)),
        seen(2, { leader: null }),
        { at: seconds(4), problem: 'Nobody.' },
        seen(6, { leader: null }),
        seen(8),
      ),
    ).toEqual([
      ['voters-down firing'],
      ['no-active-controller firing'],
      ['cluster-unreachable firing'],
      ['cluster-unreachable resolved'],
      ['no-active-controller resolved', 'voters-down resolved'],
    ]);
  });

  it('is told of each change of the leader, also when one follows another', () => {
    expect(
      told(
        seen(0),
        seen(2, { leader: 3, epoch: 8 }),
        seen(4, { leader: 1, epoch: 9 }),
        seen(70, { epoch: 9 }),
      ),
    ).toEqual([
      [],
      ['leader-changed firing'],
      ['leader-changed firing', 'leader-changed resolved'],
      ['leader-changed resolved'],
    ]);
  });

  it('tells since when, and what was wrong last', () => {
    const alerts = createAlerts();
    const condition = (message: string) => [{ alert: 'voters-down' as const, subject: '', message }];
    alerts.update(condition('one'), [], seconds(0));
    alerts.update(condition('two'), [], seconds(5));
    expect(alerts.firing).toEqual([
      { alert: 'voters-down', subject: '', message: 'two', since: seconds(0).toISOString() },
    ]);
    expect(alerts.update([], [], seconds(9))).toEqual([
      {
        alert: 'voters-down',
        subject: '',
        message: 'two',
        state: 'resolved',
        since: seconds(0).toISOString(),
        at: seconds(9).toISOString(),
      },
    ]);
  });
});
