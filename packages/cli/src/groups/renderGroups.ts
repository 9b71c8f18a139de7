import { counted, duration, grouped, type Paint, ranges, titledTable } from '../text/format.ts';
import type { GroupReport } from './groupReport.ts';

/** All groups, a line each. */
export function renderGroups(groups: readonly GroupReport[], columns: number, paint: Paint): string[] {
  if (groups.length === 0) return ['There are no consumer groups.'];
  const areTold = groups.some(({ letters }) => letters !== null);
  const orDash = (value: number | null) => (value === null ? '-' : grouped(value));
  return titledTable(
    [
      ...['GROUP', 'STATE', 'MEMBERS', 'TOPICS', 'PARTITIONS', 'LAG'],
      ...(areTold ? ['LETTERS', 'PARKED KEYS'] : []),
    ],
    groups.map(({ group, state, members, partitions, lag, letters, parkedKeys }) => [
      group,
      state,
      String(members.length),
      String(new Set(partitions.map(({ topic }) => topic)).size),
      String(partitions.length),
      lag ? paint('yellow', grouped(lag)) : orDash(lag),
      ...(areTold ? [letters ? paint('yellow', grouped(letters)) : orDash(letters), orDash(parkedKeys)] : []),
    ]),
    { paint, numeric: [2, 3, 4, 5, 6, 7], columns },
  );
}

/** One group: a sentence, who is in it and reads what, and how far it is with each partition. */
export function renderGroup(found: GroupReport, columns: number, paint: Paint): string[] {
  const { group, state, protocol, coordinator, members, partitions, lag } = found;
  const waiting = Math.max(0, ...partitions.map(({ lagMs }) => lagMs ?? 0));
  const behind =
    lag === null
      ? 'how much it has to read is not known'
      : lag === 0
        ? 'nothing to read'
        : `${counted(lag, 'record')} ahead${waiting > 0 ? `, the first since ${duration(waiting)}` : ''}`;
  const names = namesOf(found);
  return [
    `${paint('bold', group)}: ${state}, ${counted(members.length, 'member')}, ${behind}`,
    paint('dim', `${protocol} protocol, led by broker ${coordinator}`),
    ...lettersLine(found, paint),
    ...heldBackLines(found, paint),
    ...deletedLines(found, paint),
    '',
    ...(members.length === 0
      ? ['Nobody is in it at the moment.']
      : titledTable(
          ['MEMBER', 'HOST', 'READS'],
          members.map(({ memberId, host, assigned }) => [
            names.get(memberId) ?? memberId,
            host,
            assigned.map(({ topic, partitions }) => `${topic} ${ranges(partitions)}`).join(', ') || 'nothing',
          ]),
          { paint, columns },
        )),
    '',
    ...(partitions.length === 0
      ? ['It has committed nothing.']
      : titledTable(
          ['TOPIC', 'PARTITION', 'COMMITTED', 'LATEST', 'LAG', 'WAITING', 'MEMBER'],
          partitions.map((each) => [
            each.topic,
            String(each.partition),
            String(each.committed ?? '-'),
            String(each.latest ?? '-'),
            each.lag === null ? '-' : each.lag > 0 ? paint('yellow', grouped(each.lag)) : '0',
            each.lagMs === null ? '' : duration(each.lagMs),
            each.memberId === null ? '' : (names.get(each.memberId) ?? each.memberId),
          ]),
          { paint, numeric: [1, 2, 3, 4, 5], columns },
        )),
  ];
}

/** Nothing where there are none, or nobody tells. */
function lettersLine({ group, letters, parkedKeys }: GroupReport, paint: Paint): string[] {
  if (!letters && !parkedKeys) return [];
  const text = `${counted(letters ?? 0, 'dead letter')}, ${counted(parkedKeys ?? 0, 'key')} parked`;
  return [`${paint('yellow', text)}: npx brew dlq list ${group}`];
}

/** A transaction is open there, of somebody who writes: no reader is to blame. */
function heldBackLines({ partitions }: GroupReport, paint: Paint): string[] {
  return partitions.flatMap(({ topic, partition, heldBack }) => {
    if (!heldBack) return [];
    const where = `${topic}, partition ${partition}`;
    const what = `${counted(heldBack, 'record')} of ${where} can't be read: a transaction is open before them`;
    return [`${paint('yellow', what)} (docs/records.md says what to do)`];
  });
}

/** Brew's consumers stop there, and health says what to do; others go on where their `auto.offset.reset` tells them. */
function deletedLines({ partitions }: GroupReport, paint: Paint): string[] {
  return partitions.flatMap(({ topic, partition, deleted }) => {
    if (!deleted) return [];
    const what = `${counted(deleted, 'record')} of ${topic}, partition ${partition} ${deleted === 1 ? 'was' : 'were'} deleted unread`;
    return [`${paint('yellow', what)} (npx brew status says whether it stands still, and what to do)`];
  });
}

/** Client ids are short and known to people; where two members have the same one, only the member id tells them apart. */
function namesOf({ members }: GroupReport): Map<string, string> {
  const counts = Map.groupBy(members, ({ clientId }) => clientId);
  return new Map(
    members.map(({ memberId, clientId }) => [
      memberId,
      counts.get(clientId)?.length === 1 ? clientId : memberId,
    ]),
  );
}
