import { expect, it } from '@jest/globals';
import type { RunResult } from './run.ts';
import { spreadOf } from './spread.ts';
import { judge, judgePace } from './verdict.ts';

const ms = (value: number) => spreadOf([value]);

/** A run that meets every bar, but for what is said. */
const result = ({
  accepted = 10,
  delivered = 10,
  intake = 20,
  end = 900,
  growth = 0.1,
  sent = 10,
}): RunResult => ({
  rate: 8_000,
  seconds: 180,
  load: {
    sent,
    accepted,
    refused: accepted < sent ? { 503: sent - accepted } : {},
    latency: ms(intake),
    late: ms(1),
  },
  orders: { placed: accepted, delivered, cancelled: 0, steps: { delivered: ms(end) } },
  samples: [],
  growth: { order: 0, kitchen: growth },
  usage: { processes: [], machine: 0 },
  drainedAfterMs: 500,
  drained: { at: 0, groups: {}, outbox: {} },
});

const missed = (run: RunResult) =>
  judge(run)
    .filter(({ met }) => !met)
    .map(({ what, seen }) => `${what}: ${seen}`);

it('is content with a run that keeps every promise', () => {
  expect(missed(result({}))).toEqual([]);
});

it('names what was missed, and what was seen instead', () => {
  expect(missed(result({ accepted: 8, delivered: 8 }))).toEqual(['every order accepted: 2 × 503']);
  expect(missed(result({ delivered: 9 }))).toEqual(['every order delivered: 9 of 10, 0 cancelled']);
  expect(missed(result({ intake: 100 }))).toEqual(['intake p99 under 100 ms: 100 ms']);
  expect(missed(result({ end: 2_500 }))).toEqual(['placed to delivered p99 under 2 s: 2.50 s']);
  expect(missed(result({ growth: 1.5 }))).toEqual([
    "lag not growing: kitchen's grew most, by 1.50 s of its records",
  ]);
});

it('says that no lag grew where all got smaller', () => {
  const pace = (growth: number) => judgePace({ ...result({}), growth: { order: growth, kitchen: -0.3 } });
  const sentence = (growth: number) => pace(growth).find(({ what }) => what === 'lag not growing')?.seen;
  expect(sentence(-0.0012)).toBe("no group's grew");
  expect(sentence(0.1)).toBe("order's grew most, by 0.10 s of its records");
});

it('takes a run in which nothing happened for a failure of everything', () => {
  const nothing = result({ sent: 0, accepted: 0, delivered: 0 });
  const empty = {
    ...nothing,
    growth: {},
    load: { ...nothing.load, latency: spreadOf([]) },
    orders: { ...nothing.orders, steps: { delivered: spreadOf([]) } },
  };
  expect(missed(empty)).toHaveLength(5);
});

it('says that the pace is kept as long as no group falls behind, however long orders wait', () => {
  const keepsUp = (run: RunResult) => judgePace(run).every(({ met }) => met);
  expect(keepsUp(result({ intake: 900, end: 9_000 }))).toBe(true);
  expect(keepsUp(result({ growth: 1.5 }))).toBe(false);
  expect(keepsUp(result({ accepted: 9 }))).toBe(false);
});
