import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { seededRandom } from '../random.ts';
import type { Behaviour } from './behaviour.ts';
import { drawCourse } from './course.ts';

const good: Behaviour = {
  declineRate: 0,
  lateRate: 0,
  duplicateRate: 0,
  outOfOrderRate: 0,
  silentRate: 0,
  delayMs: 300,
  lateMs: 90_000,
};

const rate = fc.double({ min: 0, max: 1, noNaN: true });
const anyBehaviour: fc.Arbitrary<Behaviour> = fc.record({
  declineRate: rate,
  lateRate: rate,
  duplicateRate: rate,
  outOfOrderRate: rate,
  silentRate: rate,
  delayMs: fc.nat(5_000),
  lateMs: fc.nat(100_000),
});

const course = (changes: Partial<Behaviour>, seed = 1) =>
  drawCourse(seededRandom(seed), { ...good, ...changes });
const types = (changes: Partial<Behaviour>) =>
  course(changes)
    .webhooks.toSorted((a, b) => a.sentAfterMs - b.sentAfterMs)
    .map((webhook) => webhook.type);

describe('drawCourse', () => {
  it('tells a good payment once', () => {
    expect(types({})).toEqual(['payment.succeeded']);
  });

  it('announces a late one, and keeps to the time it was given', () => {
    expect(types({ lateRate: 1 })).toEqual(['payment.processing', 'payment.succeeded']);
    expect(course({ lateRate: 1 }).settlesAfterMs).toBe(90_000);
  });

  it('tells the announcement after the result when out of order', () => {
    expect(types({ outOfOrderRate: 1 })).toEqual(['payment.succeeded', 'payment.processing']);
  });

  it('tells a declined one with a reason', () => {
    expect(types({ declineRate: 1 })).toEqual(['payment.failed']);
    expect(course({ declineRate: 1 }).reason).toEqual(expect.any(String));
  });

  it('tells one that is told twice the same way twice', () => {
    expect(types({ duplicateRate: 1 })).toEqual(['payment.succeeded', 'payment.succeeded']);
  });

  it('says nothing of a silent one, which takes no money', () => {
    expect(course({ silentRate: 1, declineRate: 1, duplicateRate: 1 })).toMatchObject({
      outcome: 'stuck',
      webhooks: [],
    });
  });

  it('never tells a result before it holds, and never two different ones', () => {
    fc.assert(
      fc.property(anyBehaviour, fc.integer(), (behaviour, seed) => {
        const { outcome, settlesAfterMs, webhooks } = drawCourse(seededRandom(seed), behaviour);
        const results = webhooks.filter((webhook) => webhook.type !== 'payment.processing');
        expect(results.every((result) => result.sentAfterMs >= settlesAfterMs)).toBe(true);
        expect(results.every((result) => result.type === `payment.${outcome}`)).toBe(true);
        expect(results.length > 0).toBe(outcome !== 'stuck');
      }),
    );
  });

  it('hits as many payments as the rates say', () => {
    const outcomes = Array.from({ length: 5_000 }, (_, n) => course({ declineRate: 0.3 }, n).outcome);
    expect(outcomes.filter((outcome) => outcome === 'failed').length / 5_000).toBeCloseTo(0.3, 1);
  });
});
