import { until } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';
import { addressesOf } from '../addresses.ts';
import type { Status } from '../status/renderStatus.ts';
import { collect } from '../testing/collect.ts';
import { listenTo } from './listenTo.ts';
import { standingStill } from './whatStandsStill.ts';

const processOf = (name: string, rest: Partial<Status['processes'][number]>) => ({
  name,
  pid: undefined,
  port: undefined,
  state: 'running' as const,
  residentBytes: undefined,
  uptimeMs: undefined,
  ...rest,
});
const status: Status = {
  running: true,
  starting: false,
  dir: '/brew',
  startedAt: undefined,
  processes: [
    processOf('brew', { state: 'dead' }),
    processOf('kafka-1', { state: 'frozen', standsStill: 'it is frozen (SIGSTOP)' }),
    processOf('kafka-2', {}),
    processOf('order', { state: 'degraded', standsStill: 'kafka: recovering' }),
    processOf('kitchen', { state: 'stopped' }),
    processOf('courier', { state: 'dead' }),
    // One of brew dev.
    processOf('catalog', { state: 'stopped', replacedBy: 'ready' }),
  ],
  fates: { kitchen: { state: 'stopped' } },
  fatesAt: undefined,
  drill: true,
  cluster: undefined,
  freeMiB: undefined,
  deadLetters: [],
  deadLettersUnknown: [],
  addresses: addressesOf(),
};

it('names what does nothing, with what to do about it', () => {
  expect(standingStill(status)).toEqual([
    'kafka-1: it is frozen (SIGSTOP)',
    'kitchen was stopped on purpose, and stays so until it is started: npx brew start kitchen',
    'courier does not run. Start it with: npx brew start courier',
    'A drill is under way: what it ends, it starts again.',
  ]);
  expect(standingStill({ ...status, running: false })).toEqual([]);
});

it('a command that says nothing for a while says what stands still, once', async () => {
  const { io, notes } = collect();
  const listening = listenTo(io, 1);
  let looks = 0;
  let lines = ['kitchen was stopped'];
  listening.begin(async () => {
    looks += 1;
    return lines;
  });
  const untilLooked = () => {
    const before = looks;
    return until(() => looks > before + 1, { what: 'a look' });
  };
  const told = ['brew: Nothing has come for a while. This may be why:', '  kitchen was stopped'];
  await untilLooked();
  expect(notes).toEqual(told);
  lines = [];
  await untilLooked();
  expect(notes).toEqual(told);
  lines = ['kitchen was stopped'];
  await untilLooked();
  expect(notes).toEqual([...told, ...told]);
  listening.end();
});

it('one that says the same again and again says nothing', async () => {
  const { io, notes } = collect();
  const listening = listenTo(io, 50);
  listening.begin(async () => ['kitchen was stopped']);
  await until(
    () => {
      listening.io.note('0 of 7 records');
      return notes.at(-2) === '  kitchen was stopped';
    },
    { what: 'the reason' },
  );
  listening.end();
});

it('one that speaks is not interrupted', async () => {
  const { io, lines, notes } = collect();
  const listening = listenTo(io, 1);
  const look = Promise.withResolvers<string[]>();
  let looks = 0;
  listening.begin(() => {
    looks += 1;
    return looks === 1 ? look.promise : Promise.resolve([]);
  });
  await until(() => looks === 1, { what: 'a look' });
  listening.io.note('0 of 7 records');
  await listening.io.out('an event');
  look.resolve(['kitchen was stopped']);
  await until(() => looks > 1, { what: 'another look' });
  expect([lines, notes]).toEqual([['an event'], ['0 of 7 records']]);
  listening.end();
});
