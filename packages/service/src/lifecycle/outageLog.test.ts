import { BrewError } from '@brew/events';
import { expect, it } from '@jest/globals';
import { pino } from 'pino';
import { GivesWayError } from '../kafka/giveWay.ts';
import { createOutageLog } from './outageLog.ts';

function troubles(now?: () => number) {
  const lines: Record<string, unknown>[] = [];
  const log = pino(
    { base: null, timestamp: false, formatters: { level: (level) => ({ level }) } },
    { write: (line) => void lines.push(JSON.parse(line)) },
  );
  return { ...createOutageLog(log, now), lines };
}

const away = () => Object.assign(new Error('the server is shutting down'), { code: '57P01' });

it('tells an outage once, without a stack, and its end', () => {
  const { note, over, lines } = troubles();
  for (let attempt = 1; attempt <= 3; attempt++) note(away(), 'it failed', { attempt });
  note(new GivesWayError('Kafka has not answered for 15 s'), 'it failed');
  over('it goes on');
  over('it goes on');
  expect(lines).toEqual([
    { level: 'warn', reason: 'the server is shutting down', attempt: 1, msg: 'it failed' },
    { level: 'info', msg: 'it goes on' },
  ]);
  note(away(), 'it failed');
  expect(lines).toHaveLength(3);
});

it('tells what staff have to do something about once, without a stack, as long as the reason is the same', () => {
  let seconds = 0;
  const { note, over, lines } = troubles(() => seconds * 1_000);
  const code = 'BREW_EVENT_INVALID';
  const lost = (reason: string) => new BrewError(code, reason, { retryable: false });
  const [first, second] = ['offset 3 of t/0 is gone', 'offset 8 of t/1 is gone'] as const;
  for (const reason of [first, first, second, first, second]) {
    note(lost(reason), 'it failed');
    over('it goes on'); // until it comes to the same place again
    seconds += 3;
  }
  const line = { level: 'error', code, msg: 'it failed' };
  expect(lines).toEqual([
    { ...line, reason: first },
    { ...line, reason: second },
  ]);
  seconds += 60;
  note(lost(second), 'it failed');
  expect(lines).toHaveLength(3);
});

it('tells what is no outage each time, with its stack', () => {
  const { note, lines } = troubles();
  for (let i = 0; i < 2; i++) note(new TypeError('nothing is no order'), 'it failed');
  expect(lines).toMatchObject([{ level: 'error' }, { level: 'error' }]);
  expect(lines[0]?.err).toMatchObject({
    type: 'TypeError',
    stack: expect.stringContaining('outageLog.test'),
  });
});
