import type { ClusterMembers, Quorum, QuorumReplica } from '@brew/kafka/quorum';
import { describe, expect, it } from '@jest/globals';
import { plain } from '../text/format.ts';
import { compare, renderComparison } from './compare.ts';
import { renderReport } from './renderReport.ts';
import { reportOf } from './report.ts';

const now = new Date('2026-01-01T12:00:00Z');
const replica = (id: number, silentMs = 0): QuorumReplica => ({
  id,
  logEndOffset: BigInt(100 - Math.trunc(silentMs / 500)),
  lastFetchAt: new Date(now.getTime() - silentMs),
  lastCaughtUpAt: new Date(now.getTime() - silentMs),
});
const unheard = (id: number): QuorumReplica => ({
  id,
  logEndOffset: undefined,
  lastFetchAt: undefined,
  lastCaughtUpAt: undefined,
});

const members = (controllerProxy: number): ClusterMembers => ({
  clusterId: '5nnS6DRtQnKwoMjkkVxxug',
  brokers: [3, 1, 2].map((id) => ({ id, host: '127.0.0.1', port: 19091 + id, rack: undefined })),
  controllerProxy,
});
const quorum = (leader: number, voters: QuorumReplica[], observers: QuorumReplica[] = []): Quorum => ({
  leader,
  epoch: 7,
  highWatermark: 100n,
  voters,
  observers,
  endpoints: voters.map(({ id }) => ({ id, host: '127.0.0.1', port: 19191 + id })),
});
const combined = quorum(3, [replica(3), replica(1, 400), replica(2, 200)]);
const dedicated = quorum(
  102,
  [replica(101), replica(102), unheard(103)],
  [1, 2, 3].map((id) => replica(id)),
);

const render = (...args: Parameters<typeof reportOf>) => renderReport(reportOf(...args), 0, plain).join('\n');

describe('the report of a quorum', () => {
  it('shows who leads, by whom that is told, and what each node is', () => {
    expect(render(members(1), combined)).toBe(
      `
ClusterID:               5nnS6DRtQnKwoMjkkVxxug
Brokers:                 3
MetadataControllerProxy: 1   (from cluster metadata; in KRaft a proxy, not the Raft leader)
RaftLeader:              3   (DescribeQuorum on __cluster_metadata; the active controller)
CurrentVoters:           [1 2 3]

NODE  HOST       PORT   RACK  ROLE
1     127.0.0.1  19092  -     broker + voter
2     127.0.0.1  19093  -     broker + voter
3     127.0.0.1  19094  -     broker + active controller
`.trim(),
    );
  });

  it('has a row for each controller where they are apart, and says who is silent', () => {
    expect(render(members(2), dedicated)).toContain(
      `
MetadataControllerProxy: 2     (from cluster metadata; in KRaft a proxy, not the Raft leader)
RaftLeader:              102   (DescribeQuorum on __cluster_metadata; the active controller)
CurrentVoters:           [101 102 103]

NODE  HOST       PORT   RACK  ROLE
1     127.0.0.1  19092  -     broker
2     127.0.0.1  19093  -     broker
3     127.0.0.1  19094  -     broker
101   127.0.0.1  19292  -     voter
102   127.0.0.1  19293  -     active controller
103   127.0.0.1  19294  -     voter (not heard of since the election)`.trim(),
    );
    expect(render(members(2), quorum(1, [replica(1), replica(2, 12_300), replica(3)]))).toContain(
      'broker + voter (silent for 12.3 s)',
    );
  });

  it.each([
    ['nobody answers', undefined, {}],
    ['a leader answers whose term is over', combined, { newestEpoch: 8 }],
  ])('names no leader while %s, whatever the metadata says', (_when, answer, options) => {
    expect(reportOf(members(3), answer, options)).toMatchObject({
      metadataControllerProxy: 3,
      raftLeader: null,
      leaderEpoch: null,
      currentVoters: null,
    });
    const text = render(members(3), answer, options);
    expect(text).toContain('MetadataControllerProxy: 3   ');
    expect(text).toContain('RaftLeader:              none');
    expect(text).not.toContain('voter');
    expect(text).not.toMatch(/broker \+/);
  });

  it('tells machines how far each replica is', () => {
    const { nodes } = reportOf(members(1), quorum(3, [replica(3), replica(1, 5_000), unheard(2)]));
    expect(nodes.map(({ id, lag, silentMs, behindMs }) => ({ id, lag, silentMs, behindMs }))).toEqual([
      { id: 1, lag: 10, silentMs: 5_000, behindMs: 5_000 },
      { id: 2, lag: null, silentMs: null, behindMs: null },
      { id: 3, lag: 0, silentMs: 0, behindMs: 0 },
    ]);
  });

  it('has a table that fits the terminal', () => {
    const lines = renderReport(reportOf(members(1), combined), 40, plain);
    const nodes = lines.slice(lines.indexOf('') + 1);
    expect(nodes).toHaveLength(4);
    expect(Math.max(...nodes.map((line) => line.length))).toBe(40);
  });
});

describe('the comparison', () => {
  const tool = (leader: number, voters: string) => `
2026-11-21 20:02:19.701 INFO  Kafka version: 4.2.0 (AppInfoParser)
ClusterId:              5nnS6DRtQnKwoMjkkVxxug
LeaderId:               ${leader}
LeaderEpoch:            7
HighWatermark:          100
CurrentVoters:          ${voters}
CurrentObservers:       []
`;
  const objects = '[{"id": 1, "endpoints": ["CONTROLLER://127.0.0.1:19292"]}, {"id": 3}, {"id": 2}]';

  it.each([
    ['objects', objects],
    ['ids', '[1,2,3]'],
  ])("agrees with Kafka's tool, which lists voters as %s", (_what, voters) => {
    const comparison = compare(reportOf(members(1), combined), tool(3, voters));
    expect(comparison.agrees).toBe(true);
    expect(renderComparison(comparison, plain)).toContain('✔ CurrentVoters  [1 2 3]');
  });

  it.each([
    ['another leader', tool(2, objects), '✖ RaftLeader     2, and above 3'],
    ['other voters', tool(3, '[1,2]'), '✖ CurrentVoters  [1 2], and above [1 2 3]'],
    ['nothing', '', '✖ ClusterID      nothing, and above 5nnS6DRtQnKwoMjkkVxxug'],
  ])('shows it when the tool names %s', (_what, output, line) => {
    const comparison = compare(reportOf(members(1), combined), output);
    expect(comparison.agrees).toBe(false);
    expect(renderComparison(comparison, plain)).toContain(line);
  });
});
