import { describe, expect, it } from '@jest/globals';
import { nearest, suggestion } from './nearest.ts';

const events = ['OrderPlaced', 'OrderReady', 'OrderDelivered', 'PaymentReceived'];

describe('nearest', () => {
  it.each([
    ['OrderPlacd', ['OrderPlaced']],
    ['orderplaced', ['OrderPlaced']],
    ['OredrReady', ['OrderReady']],
    ['OrdersDelivered', ['OrderDelivered']],
    ['Customer', []],
    ['', []],
  ])('finds for "%s" %j', (meant, words) => {
    expect(nearest(meant, events)).toEqual(words);
  });

  it('names all that are equally near', () => {
    expect(suggestion('kafka', ['kafka1', 'kafka2', 'redis'], '')).toBe('Did you mean kafka1 or kafka2?');
  });
});

it('says what else to do when nothing is near', () => {
  expect(suggestion('tea', events, 'Take another one.')).toBe('Take another one.');
});
