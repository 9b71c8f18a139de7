import type { KafkaMode } from '@brew/sandbox';
import { runningSystem } from '@brew/sandbox/testing';
import { untilWhole } from '@brew/sandbox/testing/untilWhole';
import { afterAll, beforeEach, expect, test } from '@jest/globals';
import { brewIn } from './cli.ts';

interface Line {
  ms: number;
  event: string;
  text: string;
}

interface Verdict {
  accepted: number;
  delivered: number;
  cancelled: Record<string, number>;
  lost: string[];
  duplicated: string[];
  breaches: string[];
  whole: boolean;
}

/**
 * Runs drills on the system of this project, in the mode that it runs in: for use inside `describe`. Those of the active controller and of two
 * brokers go another way in each mode; the other two go the same way, and so each of them runs in one.
 */
export function rehearseDrills(mode: KafkaMode) {
  const dir = runningSystem();
  const brew = brewIn(dir);
  // A drill begins on a system that is whole.
  beforeEach(() => untilWhole(dir));
  afterAll(() => untilWhole(dir));

  /** Runs a drill to its end; nothing may be lost in it, and every node is there again. */
  async function rehearse(kind: string): Promise<{ told: Line[]; events: string[] }> {
    const { code, stdout, stderr } = await brew('drill', kind, '--yes', '--json', '--rate', '1');
    // A drill that was refused, or gave up, says why.
    if (code !== 0) throw new Error(`The drill ended with ${code}:\n${stdout}${stderr}`);
    const lines = stdout.trim().split('\n');
    const told = lines.slice(0, -1).map((line) => JSON.parse(line) as Line);
    const { verdict } = JSON.parse(lines.at(-1) ?? '{}') as { verdict?: Verdict };
    expect({ code, verdict, stderr }).toMatchObject({
      code: 0,
      verdict: { lost: [], duplicated: [], breaches: [], whole: true },
    });
    const { accepted = 0, delivered = 0, cancelled = {} } = verdict ?? {};
    expect(accepted).toBeGreaterThanOrEqual(6);
    expect(delivered + Object.values(cancelled).reduce((sum, n) => sum + n, 0)).toBe(accepted);
    expect(told.filter(({ event }) => event.startsWith('no-'))).toEqual([]);
    return { told, events: told.map(({ event }) => event) };
  }

  const textOf = (told: readonly Line[], event: string) => told.find((line) => line.event === event)?.text;

  test('the active controller: another one is elected, and it rejoins as a follower', async () => {
    const { told, events } = await rehearse('controller');
    expect(events[0]).toBe('killed');
    expect(textOf(told, 'killed')).toContain(mode === 'combined' ? 'kafka-' : 'controller-');
    expect(textOf(told, 'controller-elected')).toContain('is the active controller');
    expect(events).toEqual(
      expect.arrayContaining(['produce-goes-on', 'consume-goes-on', 'orders-go-on', 'node-back', 'rejoined']),
    );
    // A controller that is no broker is missed by nobody who writes or reads.
    expect(events.includes('isr-shrunk')).toBe(mode === 'combined');
    if (mode === 'dedicated') expect(events).not.toContain('leaders-elected');
  });

  if (mode === 'dedicated') {
    test('a broker that leads partitions: others lead them, and the ISR shrinks and grows again', async () => {
      const { told, events } = await rehearse('broker');
      expect(textOf(told, 'killed')).toContain('kafka-');
      expect(events).toEqual(expect.arrayContaining(['produce-error', 'leaders-elected']));
      const inOrder = ['killed', 'isr-shrunk', 'node-back', 'isr-whole'];
      expect(events.filter((event) => inOrder.includes(event))).toEqual(inOrder);
      expect(textOf(told, 'isr-shrunk')).toContain('ISR shrunk to 2');
    });
  }

  test('two brokers: writing is refused, orders wait in the outbox, and all of it is drained', async () => {
    const { told, events } = await rehearse('two-brokers');
    expect(textOf(told, 'produce-refused')).toContain('NOT_ENOUGH_REPLICAS');
    expect(textOf(told, 'intake-goes-on')).toMatch(
      /\d orders answered with 201 since, \d+ events? in the outbox/,
    );
    expect(events.indexOf('outbox-drained')).toBeGreaterThan(events.indexOf('intake-goes-on'));
    expect(events.includes('quorum-lost')).toBe(mode === 'combined');
    expect(events.filter((event) => event === 'node-back')).toHaveLength(2);
    expect(events.filter((event) => event === 'rejoined')).toHaveLength(2);
  });

  if (mode === 'combined') {
    test('a rolling restart: each node in turn, and the active controller last', async () => {
      const { told, events } = await rehearse('rolling');
      expect(events.filter((event) => event === 'stopped')).toHaveLength(3);
      expect(events.filter((event) => event === 'node-back')).toHaveLength(3);
      expect(events).toContain('controller-elected');
      expect(told.at(-1)?.event).not.toBe('stopped');
      const restarts = events.filter((event) => ['stopped', 'node-back'].includes(event));
      expect(restarts).toEqual(Array.from({ length: 3 }, () => ['stopped', 'node-back']).flat());
    });
  }
}
