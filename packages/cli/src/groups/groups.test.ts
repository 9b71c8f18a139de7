import type { GroupProgress } from '@brew/kafka/inspect';
import { expect, it } from '@jest/globals';
import { plain } from '../text/format.ts';
import { type GroupReport, groupReport, isLeftover } from './groupReport.ts';
import { renderGroup, renderGroups } from './renderGroups.ts';

const now = new Date('2026-01-01T12:00:00Z');
const member = (memberId: string, clientId: string, partitions: number[]) => ({
  memberId,
  clientId,
  host: '127.0.0.1',
  assigned: partitions.length > 0 ? [{ topic: 'clicks', partitions }] : [],
});
const progress = (partition: number, lag: bigint | undefined, memberId?: string) => ({
  topic: 'clicks',
  partition,
  committed: lag === undefined ? undefined : 100n - lag,
  latest: 100n,
  lag,
  heldBack: lag === undefined ? undefined : 0n,
  deleted: lag === undefined ? undefined : 0n,
  waitingSince: lag ? new Date(now.getTime() - 12_300) : undefined,
  memberId,
});
const group: GroupProgress = {
  group: 'kitchen',
  state: 'Stable',
  type: 'classic',
  protocol: 'consumer',
  coordinator: 2,
  members: [
    member('kitchen-1', 'kitchen', [0, 1]),
    member('other-1', 'other', []),
    member('other-2', 'other', [2]),
  ],
  partitions: [progress(0, 0n, 'kitchen-1'), progress(1, 7n, 'kitchen-1'), progress(2, undefined, 'other-2')],
};

it('says what lies behind a transaction that is open', () => {
  const partitions = [{ ...progress(0, 7n), heldBack: 3n }];
  expect(renderGroup(groupReport({ ...group, partitions }, now), 0, plain)).toContain(
    "3 records of clicks, partition 0 can't be read: a transaction is open before them (docs/records.md says what to do)",
  );
});

it('says what was deleted before the group had read it, also when nothing is left to read', () => {
  const partitions = [{ ...progress(0, 0n), deleted: 3n }];
  const report = groupReport({ ...group, partitions }, now);
  expect(report.partitions[0]).toMatchObject({ lag: 0, deleted: 3 });
  expect(renderGroup(report, 0, plain)).toContain(
    '3 records of clicks, partition 0 were deleted unread (npx brew status says whether it stands still, and what to do)',
  );
});

it('leaves out what a follower has left behind, and no other group that is empty', () => {
  const follower = 'brew-verify.follower.fb0060a7-d565-4d68-bb87-9fc12029d915';
  expect(isLeftover({ group: follower, members: [] })).toBe(true);
  expect(isLeftover({ ...group, group: follower })).toBe(false);
  expect(isLeftover({ group: 'kitchen', members: [] })).toBe(false);
});

it('shows who reads what, how far it is, and since when records wait', () => {
  expect(renderGroup(groupReport(group, now), 0, plain).join('\n')).toBe(
    `
kitchen: Stable, 3 members, 7 records ahead, the first since 12.3 s
classic protocol, led by broker 2

MEMBER   HOST       READS
kitchen  127.0.0.1  clicks 0-1
other-1  127.0.0.1  nothing
other-2  127.0.0.1  clicks 2

TOPIC   PARTITION  COMMITTED  LATEST  LAG  WAITING  MEMBER
clicks          0        100     100    0           kitchen
clicks          1         93     100    7   12.3 s  kitchen
clicks          2          -     100    -           other-2`.trim(),
  );
});

it('shows a group that nobody is in, and one that has committed nothing', () => {
  const text = renderGroup(
    groupReport({ ...group, state: 'Empty', members: [], partitions: [] }, now),
    0,
    plain,
  );
  expect(text.join('\n')).toMatch(
    /Empty, 0 members, nothing to read.*Nobody is in it.*It has committed nothing\.$/s,
  );
});

it('does not take for nothing to read what nobody tells', () => {
  const silent = { ...progress(1, undefined), committed: 7n, latest: undefined };
  const report = groupReport({ ...group, partitions: [progress(0, 0n), silent] }, now);
  expect(report.lag).toBeNull();
  expect(renderGroups([report], 0, plain)[1]).toMatch(/^kitchen +Stable +3 +1 +2 +-$/);
  expect(renderGroup(report, 0, plain)[0]).toMatch(/3 members, how much it has to read is not known$/);
});

it('shows all groups, a line each', () => {
  expect(renderGroups([groupReport(group, now)], 0, plain)).toEqual([
    'GROUP    STATE   MEMBERS  TOPICS  PARTITIONS  LAG',
    'kitchen  Stable        3       1           3    7',
  ]);
  expect(renderGroups([], 0, plain)).toEqual(['There are no consumer groups.']);
});

it("tells of the dead letters of Brew's groups, and of others nothing", () => {
  const letters = [{ group: 'kitchen', waiting: 1_203, parkedKeys: 7 }];
  const [kitchen, foreign] = [group, { ...group, group: 'theirs' }].map((each) =>
    groupReport(each, now, letters),
  ) as [GroupReport, GroupReport];
  expect(renderGroups([kitchen, foreign], 0, plain)).toEqual([
    'GROUP    STATE   MEMBERS  TOPICS  PARTITIONS  LAG  LETTERS  PARKED KEYS',
    'kitchen  Stable        3       1           3    7    1,203            7',
    'theirs   Stable        3       1           3    7        -            -',
  ]);
  expect(renderGroup(kitchen, 0, plain)[2]).toBe(
    '1,203 dead letters, 7 keys parked: npx brew dlq list kitchen',
  );
  expect(renderGroup(foreign, 0, plain).join()).not.toContain('dead');
});
