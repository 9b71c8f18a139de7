import { until } from '@brew/sandbox/testing';
import { describe, expect, it } from '@jest/globals';
import { collect } from '../testing/collect.ts';
import { createTimeline, type Milestone } from './timeline.ts';

const never = new AbortController().signal;

function facts() {
  const seen = new Map<string, string>();
  const milestone = (event: string): Milestone => ({
    ...{ event, name: `the ${event}` },
    seen: () => seen.get(event),
  });
  return { milestone, happen: (event: string) => void seen.set(event, `${event} happened`) };
}

describe('the timeline', () => {
  it('tells milestones in the order in which they happen, each once', async () => {
    const { io, lines } = collect();
    const { milestone, happen } = facts();
    using timeline = createTimeline(io, {});
    await timeline.begin('Since the kill');
    const all = timeline.untilAll([milestone('a'), milestone('b')], { timeoutMs: 60_000, signal: never });
    happen('b');
    await until(() => lines.length === 3, { what: 'b to be told' });
    happen('a');
    expect(await all).toBe(true);
    expect(lines[1]).toBe('Since the kill');
    expect(lines.slice(2).map((line) => line.replace(/^ +[\d,]+ ms {2}/, ''))).toEqual([
      'b happened',
      'a happened',
    ]);
  });

  it('says what has not happened in time, and goes on', async () => {
    const { io, lines } = collect();
    const { milestone } = facts();
    using timeline = createTimeline(io, { json: true });
    expect(await timeline.untilAll([milestone('a')], { timeoutMs: 30, signal: never })).toBe(false);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'no-a', text: 'not within 0 s: the a' });
  });

  it('tells an aside when it happens, whatever is waited for, and only until the next beginning', async () => {
    const { io, lines } = collect();
    const { milestone, happen } = facts();
    using timeline = createTimeline(io, { json: true });
    await timeline.begin('', [milestone('a'), milestone('b')]);
    happen('a');
    await until(() => lines.length === 1, { what: 'a to be told' });
    await timeline.begin('', [milestone('c')]);
    happen('b');
    happen('c');
    await until(() => lines.length === 2, { what: 'c to be told' });
    expect(lines.map((line) => JSON.parse(line).event)).toEqual(['a', 'c']);
  });

  it('ends when it is told to', async () => {
    const { io } = collect();
    const { milestone } = facts();
    const stop = new AbortController();
    using timeline = createTimeline(io, {});
    const all = timeline.untilAll([milestone('a')], { timeoutMs: 60_000, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(all).rejects.toThrow('enough');
  });
});
