import { describe, expect, it } from '@jest/globals';
import { createBoard } from '../live/board.ts';
import { plain } from '../text/format.ts';
import { createPlainView, renderReport } from './plainView.ts';
import { renderStep, renderUnderWay } from './renderSteps.ts';

describe('the plain view', () => {
  it('has a line for each step that ended, with its time, and none for those that began', () => {
    const lines: string[] = [];
    const view = createPlainView({
      write: (line) => void lines.push(line),
      board: createBoard([]),
      startedAt: 0,
      addresses: [],
    });
    view.step({ name: 'PostgreSQL', state: 'started', ms: 0 });
    view.step({ name: 'PostgreSQL', state: 'done', ms: 812, detail: 'new data folder' });
    view.step({ name: 'kafka-1', state: 'failed', ms: 130_000 });
    view.died({ name: 'kitchen', message: 'kitchen ended by itself' });
    view.close();
    expect(lines).toEqual([
      '✔ PostgreSQL                0.8 s  new data folder',
      '✗ kafka-1              2 min 10 s',
      '✗ kitchen ended by itself',
    ]);
  });

  it('tells in a line how things are', () => {
    const snapshot = createBoard(['brew.orders.v1']).snapshot(0);
    const counts = { ...snapshot.counts, delivered: 241, on_the_way: 9 };
    expect(renderReport({ ...snapshot, counts }, new Date(2026, 0, 1, 14, 3, 59))).toBe(
      '14:03:59  placed 0, paid 0, preparing 0, ready 0, on the way 9, delivered 241, cancelled 0; 0.0 events/s',
    );
  });
});

describe('steps', () => {
  it('under way are shown with the time so far', () => {
    expect(renderUnderWay(new Map([['quorum', 1_000]]), 3_500, 80, plain)).toBe(
      '… quorum                    2.5 s',
    );
    expect(renderStep({ name: 'quorum', state: 'done', ms: 2_500 }, plain)).toBe(
      '✔ quorum                    2.5 s',
    );
  });
});
