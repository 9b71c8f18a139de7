import { describe, expect, it } from '@jest/globals';
import { mustDrop, type Stage } from './ticket.ts';

const ticket = (stage: Stage, changes: { cafeId?: null; cancellationRequested?: boolean } = {}) => ({
  orderId: 'order-1',
  cafeId: 'cafe-001',
  stage,
  cancellationRequested: true,
  ...changes,
});

describe('mustDrop', () => {
  it.each<Stage>(['incomplete', 'queued'])(
    'drops a ticket that is %s when the customer asks for it',
    (stage) => {
      expect(mustDrop(ticket(stage))).toBe(true);
    },
  );

  it.each<Stage>(['preparing', 'ready'])('lets an order go on that is %s already', (stage) => {
    expect(mustDrop(ticket(stage))).toBe(false);
  });

  it.each<Stage>(['dropped', 'cancelled'])('does not end a ticket again that is %s', (stage) => {
    expect(mustDrop(ticket(stage))).toBe(false);
  });

  it('drops nothing that nobody asked to drop', () => {
    expect(mustDrop(ticket('queued', { cancellationRequested: false }))).toBe(false);
  });

  it('waits for OrderPlaced, which tells the cafe', () => {
    expect(mustDrop(ticket('incomplete', { cafeId: null }))).toBe(false);
  });
});
