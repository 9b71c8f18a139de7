import { describe, expect, it } from '@jest/globals';
import { assign } from './assign.ts';

const orders = (pairs: { courier: string; shipment: string }[]) =>
  pairs.map(({ courier, shipment }) => `${courier}:${shipment}`);

describe('assign', () => {
  it('gives each free courier one shipment, and leaves the others waiting', () => {
    expect(orders(assign(['ada', 'bruno'], ['1', '2', '3'], true))).toEqual(['ada:1', 'bruno:2']);
  });

  it('leaves couriers free for whom there is nothing', () => {
    expect(orders(assign(['ada', 'bruno'], ['1'], true))).toEqual(['ada:1']);
  });

  it('lets couriers take turns when a delivery takes no time', () => {
    expect(orders(assign(['ada', 'bruno'], ['1', '2', '3'], false))).toEqual(['ada:1', 'bruno:2', 'ada:3']);
  });

  it.each([true, false])('gives nothing out when nobody is free', (oneEach) => {
    expect(assign([], ['1'], oneEach)).toEqual([]);
  });
});
