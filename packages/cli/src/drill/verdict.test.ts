import { describe, expect, it } from '@jest/globals';
import { plain } from '../text/format.ts';
import type { Breach } from '../verify/ledger.ts';
import type { OrderEnd } from './observe/following.ts';
import { renderVerdict, verdictOf } from './verdict.ts';

const delivered: OrderEnd = { how: 'delivered' };
const declined: OrderEnd = { how: 'cancelled', reason: 'payment_failed' };
const breach = (orderId: string, invariant: string, sentence: string): Breach => ({
  ...{ orderId, invariant, sentences: [sentence] },
  events: [],
});
const fine = { refused: 0, whole: true };

describe('the verdict', () => {
  it('counts an order whose payment was declined as ended, and not as lost', () => {
    const ends = new Map([
      ['a', delivered],
      ['b', declined],
    ]);
    const verdict = verdictOf(['a', 'b'], ends, [], fine);
    expect(verdict).toMatchObject({
      ...{ accepted: 2, delivered: 1, cancelled: { payment_failed: 1 } },
      ...{ lost: [], duplicated: [], sound: true },
    });
    expect(renderVerdict(verdict, plain)).toEqual([
      '✔ 2 orders accepted, 1 delivered, 1 cancelled (1 payment failed), 0 lost, 0 duplicated',
    ]);
  });

  it.each(['payment_timeout', 'something_new'])('is not sound when orders were given up: %s', (reason) => {
    const givenUp: OrderEnd = { how: 'cancelled', reason };
    const ends = new Map([
      ['a', delivered],
      ['b', givenUp],
      ['c', givenUp],
    ]);
    const verdict = verdictOf(['a', 'b', 'c'], ends, [], fine);
    expect(verdict).toMatchObject({ delivered: 1, givenUp: 2, lost: [], sound: false });
    expect(renderVerdict(verdict, plain)[1]).toBe(
      '  2 orders given up: the payment was not heard of in time',
    );
    // Of so few, one may be a payment that the provider left stuck.
    expect(verdictOf(['a', 'b'], ends, [], fine)).toMatchObject({ givenUp: 1, sound: true });
  });

  it('is not sound when nothing was delivered', () => {
    const verdict = verdictOf(['b'], new Map([['b', declined]]), [], fine);
    expect(verdict.sound).toBe(false);
    expect(renderVerdict(verdict, plain)).toContain('  No order was delivered.');
  });

  it('counts an order without an end as lost, whatever else is missing of it', () => {
    const verdict = verdictOf(['a', 'b'], new Map([['a', delivered]]), [breach('b', 'money', '…')], fine);
    expect(verdict).toMatchObject({ delivered: 1, lost: ['b'], breaches: [], sound: false });
    expect(renderVerdict(verdict, plain)).toEqual([
      '✖ 2 orders accepted, 1 delivered, 1 lost, 0 duplicated',
      '  lost: npx brew watch --order b --from beginning',
    ]);
  });

  it.each(['one-effect-of-a-kind', 'one-end'])('takes a breach of %s for a duplicate', (invariant) => {
    const breaches = [breach('a', invariant, 'has it twice'), breach('a', invariant, 'and again')];
    const verdict = verdictOf(['a'], new Map([['a', delivered]]), breaches, fine);
    expect(verdict).toMatchObject({ duplicated: ['a'], breaches: [], sound: false });
    expect(renderVerdict(verdict, plain)[0]).toBe('✖ 1 order accepted, 1 delivered, 0 lost, 1 duplicated');
  });

  it('tells what else is not as it must be', () => {
    const breaches = [breach('a', 'money', 'was paid 1.00 EUR too little')];
    const verdict = verdictOf(['a'], new Map([['a', delivered]]), breaches, fine);
    expect(verdict).toMatchObject({ duplicated: [], sound: false });
    expect(renderVerdict(verdict, plain)).toContain('  Order a was paid 1.00 EUR too little.');
  });

  it('judges the orders of the drill alone', () => {
    const others = [breach('x', 'one-end', 'was both')];
    expect(
      verdictOf(
        ['a'],
        new Map([
          ['a', delivered],
          ['x', delivered],
        ]),
        others,
        fine,
      ),
    ).toMatchObject({
      ...{ accepted: 1, delivered: 1, duplicated: [], sound: true },
    });
  });

  it('is not sound while a replica is not in sync, and says how many orders had to be tried again', () => {
    const verdict = verdictOf(['a'], new Map([['a', delivered]]), [], { refused: 2, whole: false });
    expect(verdict.sound).toBe(false);
    expect(renderVerdict(verdict, plain).slice(1)).toEqual([
      '  2 orders had to be tried again before they were accepted',
      '  Not every replica is in sync again. Look at: npx brew topics',
    ]);
  });
});
