import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { onlyIf } from '@brew/sandbox/testing';
import { describe, expect, it } from '@jest/globals';
import type { ReportedNode } from '../quorum/report.ts';
import { createQuorumMetrics } from './metrics.ts';
import type { Observation } from './observe.ts';

const at = new Date('2026-01-01T12:00:00Z');
const node = (id: number, silentMs: number): ReportedNode => ({
  id,
  host: null,
  port: null,
  rack: null,
  broker: true,
  voter: true,
  activeController: id === 1,
  lag: id,
  silentMs,
  behindMs: silentMs,
});
const observation = (leader: number | null, epoch: number): Observation => ({
  at,
  quorum: {
    time: '',
    clusterId: 'c',
    metadataControllerProxy: 1,
    raftLeader: leader,
    leaderEpoch: leader === null ? null : epoch,
    highWatermark: null,
    currentVoters: null,
    nodes: [node(1, 0), node(2, 250), node(3, 7_000)],
  },
  underMinIsr: [{ topic: 't', minIsr: 2, partitions: [{ partition: 0, inSync: 1 }] }],
});

/** Lines without comments. */
const valuesOf = async (metrics: ReturnType<typeof createQuorumMetrics>) =>
  (await metrics.registry.metrics()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));

describe('the metrics', () => {
  it('tell what was seen last, and count elections', async () => {
    const metrics = createQuorumMetrics({ downAfterMs: 5_000 });
    metrics.update(observation(1, 7), undefined, []);
    metrics.update(observation(1, 9), undefined, [
      { alert: 'voters-down', subject: '', message: '', since: '' },
    ]);
    expect(await valuesOf(metrics)).toEqual(
      expect.arrayContaining([
        'brew_quorum_reachable 1',
        'brew_quorum_active_controller 1',
        'brew_quorum_leader_id 1',
        'brew_quorum_leader_epoch 9',
        'brew_quorum_leader_changes_total 2',
        'brew_quorum_voters 3',
        'brew_quorum_voters_up 2',
        'brew_quorum_voter_lag_records{voter="2"} 2',
        'brew_quorum_voter_behind_seconds{voter="3"} 7',
        'brew_kafka_partitions_under_min_isr{topic="t"} 1',
        'brew_quorum_alert_firing{alert="voters-down",subject=""} 1',
        `brew_quorum_last_look_timestamp_seconds ${at.getTime() / 1_000}`,
      ]),
    );
  });

  it('tell nothing of what is not known any more', async () => {
    const metrics = createQuorumMetrics({ downAfterMs: 5_000 });
    metrics.update(observation(1, 7), undefined, []);
    metrics.update(observation(null, 0), undefined, []);
    const electing = (await valuesOf(metrics)).join('\n');
    expect(electing).toContain('brew_quorum_active_controller 0');
    expect(electing).not.toMatch(/voters|voter_|leader_id/);
    metrics.update({ at, problem: 'Nobody.' }, undefined, []);
    expect((await valuesOf(metrics)).sort()).toEqual([
      `brew_quorum_last_look_timestamp_seconds ${at.getTime() / 1_000}`,
      'brew_quorum_leader_changes_total 0',
      'brew_quorum_reachable 0',
    ]);
  });
});

describe('the rules for Prometheus', () => {
  const folder = fileURLToPath(new URL('../../../../infra/prometheus/', import.meta.url));
  const promtool = process.env.PROMTOOL ?? 'promtool';
  const run = (...args: string[]) => spawnSync(promtool, args, { cwd: folder, encoding: 'utf8' });
  const there = run('--version').status === 0;

  it('are made of metrics that there are', async () => {
    const rules = readFileSync(`${folder}quorum.rules.yml`, 'utf8');
    const known = (await createQuorumMetrics({ downAfterMs: 1 }).registry.getMetricsAsJSON()).map(
      ({ name }) => name,
    );
    const used = new Set(rules.match(/brew_\w+/g));
    expect(used.size).toBeGreaterThan(5);
    for (const name of used) expect(known).toContain(name);
  });

  const whyNot = there ? undefined : 'there is no promtool; PROMTOOL names one';
  onlyIf(whyNot, it)('pass promtool', () => {
    for (const args of [
      ['check', 'rules', 'quorum.rules.yml', 'analytics.rules.yml'],
      ['test', 'rules', 'quorum.rules.test.yml', 'analytics.rules.test.yml'],
    ]) {
      const { status, stdout, stderr } = run(...args);
      expect({ status, output: stdout + stderr }).toEqual({
        status: 0,
        output: expect.stringContaining('SUCCESS'),
      });
    }
  });
});
