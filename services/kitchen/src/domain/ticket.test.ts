import { describe, expect, it } from '@jest/globals';
import { isAskedAgain, learn, mustDrop, type Stage } from './ticket.ts';

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

  it('waits for an event that tells the cafe', () => {
    expect(mustDrop(ticket('incomplete', { cafeId: null }))).toBe(false);
  });
});

describe('isAskedAgain', () => {
  const asked = { orderId: 'order-1', cancellationRequestedAt: '2026-01-01T09:00:00.000Z' };

  it('is for a ticket that is dropped, and a wish to cancel, alone', () => {
    expect(isAskedAgain(ticket('dropped'), asked)).toBe(true);
    expect(isAskedAgain(ticket('dropped'), { orderId: 'order-1' })).toBe(false);
    expect(isAskedAgain(ticket('preparing'), asked)).toBe(false);
  });
});

describe('learn', () => {
  const facts = { orderId: 'order-1' };

  it.each([true, false])(
    'keeps what an event does not tell, and whether a cancellation is asked for: %s',
    (asked) => {
      const before = ticket('queued', { cancellationRequested: asked });
      expect(learn(before, facts)).toEqual(before);
    },
  );

  it('closes a ticket that is cancelled before it was started, and no other', () => {
    const cancelledAt = '2026-01-01T09:00:00.000Z';
    expect(learn(ticket('incomplete'), { ...facts, cancelledAt }).stage).toBe('cancelled');
    expect(learn(ticket('preparing'), { ...facts, cancelledAt }).stage).toBe('preparing');
    expect(learn(ticket('dropped'), { ...facts, cancelledAt }).stage).toBe('dropped');
  });

  it('takes in the cafe and the wish to cancel', () => {
    const before = ticket('incomplete', { cafeId: null, cancellationRequested: false });
    const asked = learn(before, { ...facts, cancellationRequestedAt: '2026-01-01T09:00:00.000Z' });
    expect(mustDrop(asked)).toBe(false);
    expect(mustDrop(learn(asked, { ...facts, cafeId: 'cafe-001' }))).toBe(true);
  });
});
