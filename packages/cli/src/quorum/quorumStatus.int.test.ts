import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, type Infrastructure, removeData, startInfrastructure } from '@brew/sandbox';
import { infrastructure, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { collect } from '../testing/collect.ts';
import { quorumStatus } from './quorumStatus.ts';
import type { QuorumReport } from './report.ts';

// Six nodes of its own for the elections, on a machine that may be busy.
jest.setTimeout(180_000);

const never = new AbortController().signal;

describe('quorum-status of three nodes that are both', () => {
  it("names the leader and the voters that Kafka's own tool names", async () => {
    const { io, lines } = collect();
    expect(await quorumStatus({ compare: true }, infrastructure(), io, never)).toBe(true);
    const text = lines.join('\n');
    const leader = /^RaftLeader: +(\d) {3}\(DescribeQuorum/m.exec(text)?.[1];
    expect(text).toMatch(/^CurrentVoters: +\[1 2 3\]$/m);
    expect(text).toMatch(new RegExp(`^${leader} .*broker \\+ active controller$`, 'm'));
    expect(text.match(/broker \+ voter$/gm)).toHaveLength(2);
    expect(text).toContain(`✔ RaftLeader     ${leader}`);
    expect(lines.at(-1)).toBe('Both say the same.');
  });
});

describe('quorum-status of dedicated controllers', () => {
  let dir: string;
  let own: Infrastructure;
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'brew-quorum-'));
    await chmod(dir, 0o755); // root lends PostgreSQL to another user
    own = await startInfrastructure({ dir, ports: await freePorts(), kafka: 'dedicated' });
  });
  afterAll(async () => {
    await own?.stop({ now: true });
    await removeData(dir);
    await rm(dir, { recursive: true });
  });

  async function report(): Promise<QuorumReport & { comparison: unknown }> {
    const { io, lines } = collect();
    expect(await quorumStatus({ json: true, compare: true }, own, io, never)).toBe(true);
    return JSON.parse(lines.join('\n'));
  }

  it("has a row for each controller and each broker, and agrees with Kafka's own tool", async () => {
    const { nodes, currentVoters, raftLeader, metadataControllerProxy, comparison } = await report();
    expect(nodes.map(({ id, broker, voter }) => [id, broker, voter])).toEqual([
      [1, true, false],
      [2, true, false],
      [3, true, false],
      [101, false, true],
      [102, false, true],
      [103, false, true],
    ]);
    expect(nodes.every(({ host, port }) => host === '127.0.0.1' && port !== null)).toBe(true);
    expect(currentVoters).toEqual([101, 102, 103]);
    expect(currentVoters).toContain(raftLeader);
    expect([1, 2, 3]).toContain(metadataControllerProxy);
    expect(comparison).toMatchObject({ agrees: true });
  });

  it('names no leader during an election, while the metadata names a controller, and never the old one again', async () => {
    const { io, lines } = collect();
    const stop = new AbortController();
    const pace = { everyMs: 50, patienceMs: 200 };
    const watching = quorumStatus({ watch: true, json: true }, own, io, stop.signal, pace);
    const seen = () => lines.map((line): QuorumReport => JSON.parse(line));
    const first = await until(() => seen().at(-1)?.raftLeader, { what: 'the leader' });
    await own.kill(`controller-${first - 100}`);
    const next = await until(() => seen().find(({ raftLeader }) => ![first, null].includes(raftLeader)), {
      what: 'the next leader',
    });
    stop.abort();
    await watching;

    const leaders = seen().map(({ raftLeader }) => raftLeader);
    const changes = leaders.filter((leader, index) => leader !== leaders[index - 1]);
    expect(changes).toEqual([first, null, next.raftLeader]);
    const between = seen().filter(({ raftLeader }) => raftLeader === null);
    expect(between.every(({ metadataControllerProxy }) => metadataControllerProxy !== null)).toBe(true);
    expect(next.nodes.find(({ id }) => id === first)).toMatchObject({ voter: true, silentMs: null });
    expect((await report()).raftLeader).toBe(next.raftLeader);
  });

  it('says that no controller is active when too few of them are left', async () => {
    const alive = own.processes().flatMap(({ name }) => (name.startsWith('controller') ? [name] : []));
    await Promise.all(alive.map((name) => own.kill(name)));
    const { io, lines } = collect();
    expect(await quorumStatus({}, own, io, never, { patienceMs: 2_000, everyMs: 0 })).toBe(false);
    expect(lines.join('\n')).toMatch(/^RaftLeader: +none: .*\nCurrentVoters: +unknown$/m);
  });
});
