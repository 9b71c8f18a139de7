import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import { findRun, type RecordedProcess, type Run } from '@brew/sandbox';
import { runningSystem, uniqueName, until } from '@brew/sandbox/testing';
import { untilWhole } from '@brew/sandbox/testing/untilWhole';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { examine } from '../doctor/doctor.ts';
import { readNodes, sandboxFiles } from '../doctor/read/inputs.ts';
import { metadata } from '../metadata/metadata.ts';
import type { MetadataReport } from '../metadata/report.ts';
import { type AlertName, defaultThresholds } from '../quorumWatch/conditions.ts';
import { quorumWatch } from '../quorumWatch/quorumWatch.ts';
import type { Notice } from '../quorumWatch/sinks/sink.ts';
import { collect } from '../testing/collect.ts';
import { quorumStatus } from './quorumStatus.ts';
import type { QuorumReport } from './report.ts';

const CLUSTER_ID = '5nnS6DRtQnKwoMjkkVxxug';
const never = new AbortController().signal;
const silent = pino({ level: 'silent' });
const clientOf = ({ brokers }: { brokers: string[] }) =>
  createKafkaClient({ brokers, clientId: 'test', log: silent });

describe('a cluster with dedicated controllers', () => {
  const dir = runningSystem();
  let own: { brokers: string[]; processes: RecordedProcess[] };
  beforeAll(async () => {
    const { ports, processes } = (await findRun(dir)) as Run;
    own = { brokers: ports.external.map((port) => `127.0.0.1:${port}`), processes };
  });
  afterAll(() => untilWhole(dir));

  async function report({ compare = false } = {}): Promise<QuorumReport & { comparison: unknown }> {
    const { io, lines } = collect();
    expect(await quorumStatus({ json: true, compare }, own, io, never)).toBe(true);
    return JSON.parse(lines.join('\n'));
  }

  it("has a row for each controller and each broker, and agrees with Kafka's own tool", async () => {
    const { nodes, currentVoters, raftLeader, metadataControllerProxy, comparison } = await report({
      compare: true,
    });
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

  it('is in order, says the doctor', async () => {
    const nodes = await readNodes(await sandboxFiles(dir), {});
    expect(nodes.map(({ name, storage }) => [name, storage[0]?.meta?.clusterId])).toEqual(
      ['controller-1', 'controller-2', 'controller-3', 'kafka-1', 'kafka-2', 'kafka-3'].map((name) => [
        name,
        CLUSTER_ID,
      ]),
    );
    expect(examine(nodes)).toEqual([]);
  });

  it('has a metadata log on each of its six nodes, of which one is read', async () => {
    const { io, lines, notes } = collect();
    await metadata({ json: true }, dir, io, never);
    expect(notes.join()).toMatch(/^(controller|kafka)-\d of 6 nodes: /);
    const { counts }: MetadataReport = JSON.parse(lines.join('\n'));
    for (const type of ['RegisterBrokerRecord', 'RegisterControllerRecord'])
      expect(counts.find((count) => count.type === type)?.log).toBeGreaterThanOrEqual(3);

    const { io: other, notes: whose } = collect();
    await metadata({ json: true, node: 'kafka-2' }, dir, other, never);
    expect(whose).toEqual([`kafka-2: ${join(dir, 'data/kafka-2/__cluster_metadata-0')}`]);
  });

  const nameOf = (id: number) => `controller-${id - 100}`;

  /** Processes that hang answer nobody, and are back at once when they don't: cheaper than to kill and start them. */
  async function whileHanging(names: string[], work: () => Promise<unknown>): Promise<void> {
    const pids = own.processes.flatMap(({ name, pid }) => (names.includes(name) ? [pid] : []));
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    try {
      await work();
    } finally {
      for (const pid of pids) process.kill(pid, 'SIGCONT');
    }
  }

  describe('watched', () => {
    const thresholds = {
      ...defaultThresholds,
      downAfterMs: 2_000,
      maxBehindMs: 3_000,
      leaderChangeMs: 5_000,
    };
    const { io, lines, notes } = collect();
    const stop = new AbortController();
    const posted: Notice[] = [];
    const topic = uniqueName('watched');
    let log: string;
    let webhook: Server;
    let watching: Promise<void>;

    beforeAll(async () => {
      await using admin = createAdmin({ client: clientOf(own), log: silent });
      const config = { 'min.insync.replicas': '2' };
      await admin.ensureTopics([{ name: topic, partitions: 1, replicationFactor: 3, config }]);
      webhook = createServer(async (request, response) => {
        posted.push((await json(request)) as Notice);
        response.writeHead(204).end();
      });
      await new Promise<void>((resolve) => webhook.listen(0, '127.0.0.1', resolve));
      log = join(dir, 'alerts.jsonl');
      const { port } = webhook.address() as { port: number };
      watching = quorumWatch(
        {
          ...{ thresholds, everyMs: 200, patienceMs: 3_000, log, json: true },
          webhook: `http://127.0.0.1:${port}`,
          metrics: { host: '127.0.0.1', port: 0 },
        },
        own,
        io,
        stop.signal,
      );
      await until(() => notes.some((note) => note.startsWith('Watching')), { what: 'the watch' });
    });
    afterAll(async () => {
      stop.abort();
      await watching;
      webhook.close();
    });

    const told = (): Notice[] => lines.map((line) => JSON.parse(line));
    /** Waits for an alert to begin, or to end; each counts once. */
    const counted = new Set<number>();
    const untilTold = (alert: AlertName, state: Notice['state'], subject?: string) =>
      until(
        () => {
          const index = told().findIndex(
            (each, i) =>
              each.alert === alert &&
              each.state === state &&
              (subject === undefined || each.subject === subject) &&
              !counted.has(i),
          );
          if (index < 0) return undefined;
          counted.add(index);
          return told()[index];
        },
        { what: `${alert} ${subject ?? ''} to be ${state}` },
      );
    const metrics = async () => (await fetch(notes.join().match(/http\S+metrics/)?.[0] ?? '')).text();

    const controllers = async () => {
      const { raftLeader } = await report();
      const ids = [101, 102, 103].filter((id) => id !== raftLeader);
      return { active: raftLeader ?? 0, others: ids };
    };

    it('tells of a voter that is down and falls behind: in the terminal, the log, the webhook and the metrics', async () => {
      const [id = 0] = (await controllers()).others;
      await whileHanging([nameOf(id)], async () => {
        expect((await untilTold('voters-down', 'firing')).message).toMatch(
          new RegExp(`^2 of 3 .* down: ${id} `),
        );
        await untilTold('voter-lagging', 'firing', `${id}`);
        await until(async () => (await metrics()).includes('\nbrew_quorum_voters_up 2\n'));
        expect(await metrics()).toContain('brew_quorum_alert_firing{alert="voters-down",subject=""} 1');
      });
      await untilTold('voters-down', 'resolved');
      await untilTold('voter-lagging', 'resolved', `${id}`);
      await until(async () => (await metrics()).includes('\nbrew_quorum_voters_up 3\n'));
      await until(() => posted.length === told().length, { what: 'the webhook' });
      expect(posted).toEqual(told());
      const logged = (await readFile(log, 'utf8')).trim().split('\n');
      expect(logged.map((line) => JSON.parse(line))).toEqual(told());
    });

    it('tells of another active controller', async () => {
      const { active } = await controllers();
      const before = told().length;
      await whileHanging([nameOf(active)], async () => {
        const { subject } = await until(
          () => told().find(({ message }, index) => index >= before && message.includes(`and was ${active}`)),
          { what: 'the change' },
        );
        await untilTold('leader-changed', 'resolved', subject);
        // Making a topic takes the active controller.
        await using admin = createAdmin({ client: clientOf(own), log: silent });
        await admin.ensureTopics([
          { name: uniqueName('led'), partitions: 1, replicationFactor: 3, config: {} },
        ]);
        await untilTold('voters-down', 'firing');
      });
      await untilTold('voters-down', 'resolved');
    });

    it('tells that no controller is active', async () => {
      const { others } = await controllers();
      await whileHanging(others.map(nameOf), async () => {
        await untilTold('no-active-controller', 'firing');
        await until(async () => (await metrics()).includes('\nbrew_quorum_active_controller 0\n'));
      });
      await untilTold('no-active-controller', 'resolved');
    });

    it('tells of partitions that nobody can write to', async () => {
      await whileHanging(['kafka-1', 'kafka-2'], async () => {
        expect((await untilTold('under-min-isr', 'firing', topic)).message).toContain(
          `${topic} has fewer than 2 replicas in sync in its partitions 0:`,
        );
      });
      await untilTold('under-min-isr', 'resolved', topic);
    });
  });

  it('names no leader during an election, while the metadata names a controller, and never the old one again', async () => {
    const { io, lines } = collect();
    const stop = new AbortController();
    // The voters give their leader two seconds, so there is nobody for longer than that patience.
    const pace = { everyMs: 50, patienceMs: 1_000 };
    const watching = quorumStatus({ watch: true, json: true }, own, io, stop.signal, pace);
    const all = () => lines.map((line): QuorumReport => JSON.parse(line));
    const first = await until(() => all().at(-1)?.raftLeader, { what: 'the leader' });
    await whileHanging([nameOf(first)], async () => {
      const hangsAt = lines.length;
      const seen = () => all().slice(hangsAt);
      const next = await until(() => seen().find(({ raftLeader }) => ![first, null].includes(raftLeader)), {
        what: 'the next leader',
      });
      stop.abort();
      await watching;

      const leaders = seen().map(({ raftLeader }) => raftLeader);
      const changes = leaders.filter((leader, index) => leader !== leaders[index - 1]);
      // What was asked before it hung may be told after that.
      if (changes[0] === first) changes.shift();
      expect(changes).toEqual([null, next.raftLeader]);
      const between = seen().filter(({ raftLeader }) => raftLeader === null);
      expect(between.every(({ metadataControllerProxy }) => metadataControllerProxy !== null)).toBe(true);
      expect(next.nodes.find(({ id }) => id === first)).toMatchObject({ voter: true, silentMs: null });
      expect(await report({ compare: true })).toMatchObject({
        raftLeader: next.raftLeader,
        comparison: { agrees: true },
      });
    });
  });

  it('says that no controller is active when too few of them are left', async () => {
    await whileHanging(['controller-1', 'controller-2'], async () => {
      const { io, lines } = collect();
      const none = async () => !(await quorumStatus({}, own, io, never, { patienceMs: 2_000, everyMs: 0 }));
      // The one that is left may have been active, and takes a while to notice that nobody follows it.
      await until(none, { what: 'the end of its term' });
      expect(lines.join('\n')).toMatch(/^RaftLeader: +none: .*\nCurrentVoters: +unknown$/m);
    });
  });

  it('watched, tells that no broker answers any more', async () => {
    const { io, lines } = collect();
    const stop = new AbortController();
    const pace = { everyMs: 200, patienceMs: 500 };
    const watching = quorumWatch(
      { ...pace, thresholds: defaultThresholds, json: true },
      own,
      io,
      stop.signal,
    );
    const told = () => lines.map((line): AlertName => JSON.parse(line).alert);
    await whileHanging(['kafka-1', 'kafka-2', 'kafka-3'], async () => {
      await until(() => told().includes('cluster-unreachable'), { what: 'the alert' });
    });
    stop.abort();
    await watching;
  });
});
