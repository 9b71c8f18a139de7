import { describe, expect, it } from '@jest/globals';
import { addressesOf } from '../addresses.ts';
import { plain } from '../text/format.ts';
import { renderStatus, type Status } from './renderStatus.ts';

const status: Status = {
  running: true,
  starting: false,
  dir: '/brew',
  startedAt: '2026-01-01T12:00:00.000Z',
  processes: [
    {
      name: 'kafka-1',
      pid: 4711,
      port: 19092,
      state: 'running',
      residentBytes: 367_001_600,
      uptimeMs: 125_000,
    },
    { name: 'order', pid: 815, port: 3002, state: 'degraded', residentBytes: 104_857_600, uptimeMs: 9_000 },
    {
      name: 'kitchen',
      pid: undefined,
      port: 3003,
      state: 'dead',
      residentBytes: undefined,
      uptimeMs: undefined,
    },
  ],
  fates: {},
  fatesAt: undefined,
  drill: false,
  cluster: { underReplicated: 0, leaderless: 0, hasController: true },
  freeMiB: 100_000,
  deadLetters: [{ group: 'order', letters: 0, parkedKeys: 0, oldestAt: null }],
  deadLettersUnknown: [],
  addresses: addressesOf(),
};

describe('renderStatus', () => {
  it('is a table of the processes, and the addresses', () => {
    expect(renderStatus(status, plain)).toEqual([
      'process   pid   port  state      memory          up',
      'kafka-1  4711  19092  running   350 MiB  2 min 05 s',
      'order     815   3002  degraded  100 MiB       9.0 s',
      'kitchen         3003  dead',
      '',
      'Memory of all: 450 MiB',
      '',
      'menu      http://localhost:3001/menu',
      'orders    http://localhost:3002/docs',
      'sales     http://localhost:3005/reports/sales',
      'funnel    http://localhost:3005/reports/funnel',
      'Kafka     localhost:19092,localhost:19093,localhost:19094',
      'registry  http://localhost:8081/apis/ccompat/v7',
    ]);
  });

  it('says in a line for each service what stands still, and why', () => {
    const standsStill = 'relay: 12 events waiting for Kafka, the oldest for 40 s: no answer yet; sending';
    const processes = status.processes.map((each) =>
      each.name === 'order' ? { ...each, standsStill } : each,
    );
    expect(renderStatus({ ...status, processes }, plain)).toContain(`order: ${standsStill}`);
  });

  it('names those that do not talk to Kafka by the usual library', () => {
    const by = (library: 'kafkajs' | 'platformatic') => ({
      ...status,
      processes: status.processes.map((each) => (each.name === 'kafka-1' ? each : { ...each, library })),
    });
    expect(renderStatus(by('kafkajs'), plain)).toContain(
      'With kafkajs instead of platformatic: order, kitchen',
    );
    expect(renderStatus(by('platformatic'), plain)).toEqual(renderStatus(status, plain));
  });

  it('tells of who answers in the place of a dead service, and whose letters are not known', () => {
    const processes = status.processes.map((each) =>
      each.name === 'kitchen' ? { ...each, replacedBy: 'not_ready' as const } : each,
    );
    const deadLettersUnknown = [{ group: 'order', problem: 'order does not answer.' }];
    const lines = renderStatus({ ...status, processes, deadLettersUnknown }, plain);
    expect(lines).toContain(
      'Another process answers at port 3003 in the place of kitchen, such as one of brew dev: not ready.',
    );
    expect(lines).toContain(
      "Dead letters not known of order, which can't be asked. See why with: npx brew dlq",
    );
  });

  it('tells what becomes of what was stopped or has died, and of a disk that gets full', () => {
    const fates = { kitchen: { state: 'given-up', deaths: 5 }, courier: { state: 'stopped' } } as const;
    const lines = renderStatus({ ...status, fates, freeMiB: 99 }, plain);
    expect(lines).toContain(
      'kitchen died 5 times within a short time, and stays down. See why with: npx brew logs kitchen; then: npx brew start kitchen',
    );
    expect(lines).toContain(
      'courier was stopped on purpose, and stays so until it is started: npx brew start courier',
    );
    expect(lines).toContain(
      'The disk of /brew has 99 MiB free. When it is full, Brew stands still until there is room.',
    );
  });

  it('says when what it tells was written down, where it is not told now', () => {
    const fates = { kitchen: { state: 'given-up', deaths: 5 } } as const;
    const lines = renderStatus({ ...status, fates, fatesAt: '2026-01-01T12:00:00.000Z' }, plain);
    const at = lines.findIndex((line) =>
      /^The process that runs Brew does not tell\. As of \d\d:00:00, from run\.json:$/.test(line),
    );
    expect(lines[at + 1]).toMatch(/^kitchen died 5 times/);
    expect(renderStatus({ ...status, fatesAt: '2026-01-01T12:00:00.000Z' }, plain)).toEqual(
      renderStatus(status, plain),
    );
  });

  it('tells of Kafka as a whole, where something is wrong', () => {
    const cluster = { underReplicated: 12, leaderless: 1, hasController: false };
    const lines = renderStatus({ ...status, cluster }, plain);
    expect(lines).toContain(
      'Kafka: 1 partition without a leader, 12 partitions under-replicated. See them with: npx brew topics --all',
    );
    expect(lines).toContain('Kafka: no controller is active. See the quorum with: npx brew quorum-status');
    expect(renderStatus(status, plain).join()).not.toContain('Kafka:');
  });

  it('says that no broker answered instead of that there is no controller', () => {
    const silent = 'Kafka: no broker answered in time. On a busy machine, ask again: npx brew status';
    const lines = renderStatus({ ...status, cluster: undefined }, plain);
    expect(lines).toContain(silent);
    expect(renderStatus({ ...status, cluster: undefined, starting: true }, plain)).not.toContain(silent);
    const unknown = { underReplicated: 0, leaderless: 0, hasController: undefined };
    const others = [lines, renderStatus({ ...status, cluster: unknown }, plain)];
    expect(others.join()).not.toContain('no controller');
  });

  it('says that it is starting, and takes no controller for none while that lasts', () => {
    const cluster = { underReplicated: 0, leaderless: 0, hasController: false };
    const lines = renderStatus({ ...status, cluster, starting: true }, plain);
    expect(lines).toContain('Brew is starting: what is not there yet is to come.');
    expect(lines.join()).not.toContain('no controller');
  });

  it('names a drill that is under way', () => {
    const sentence = 'A drill is under way: what it ends, it starts again.';
    expect(renderStatus({ ...status, drill: true }, plain)).toContain(sentence);
    expect(renderStatus(status, plain)).not.toContain(sentence);
  });

  it('says what to do when the process that runs the others was killed', () => {
    const brew = { ...status.processes[2], name: 'brew', port: undefined, state: 'dead' } as const;
    const lines = renderStatus(
      { ...status, processes: [{ ...brew, pid: undefined, residentBytes: undefined, uptimeMs: undefined }] },
      plain,
    );
    expect(lines).toContain(
      'brew: the process that runs the others was killed, so that none of them is started again. Go on with: npm start',
    );
  });

  it('says what to do when nothing runs', () => {
    expect(renderStatus({ ...status, running: false }, plain)).toEqual([
      'Brew is not running in /brew. Start it with: npm start',
    ]);
  });

  it('tells of dead letters only where there are some, and what to type next', () => {
    const oldestAt = '2026-01-01T12:00:00.000Z';
    const deadLetters = [
      ...status.deadLetters,
      { group: 'kitchen', letters: 1_203, parkedKeys: 1, oldestAt },
      { group: 'courier', letters: 2, parkedKeys: 2, oldestAt },
    ];
    expect(renderStatus({ ...status, deadLetters }, plain)).toContain(
      'Dead letters: kitchen 1,203 (1 key parked), courier 2 (2 keys parked). See them with: npx brew dlq',
    );
    expect(renderStatus(status, plain).join()).not.toContain('letters');
  });
});
