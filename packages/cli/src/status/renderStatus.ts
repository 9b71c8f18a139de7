import { type Library, libraries } from '@brew/kafka';
import { describeFate, type Fate, lowDisk } from '@brew/sandbox';
import type { Addresses } from '../addresses.ts';
import { clock, counted, duration, grouped, mebibytes, type Paint, table } from '../text/format.ts';

export interface ProcessStatus {
  name: string;
  /** Undefined when it is dead, or runs where it is not ours to look at: in a container. */
  pid: number | undefined;
  /** Where it listens for clients; Brew's own process has none. */
  port: number | undefined;
  /** `running` is all that can be told of what has no health and answers; services tell ready, degraded or not_ready. */
  state: 'running' | 'ready' | 'degraded' | 'not_ready' | 'frozen' | 'no_answer' | 'stopped' | 'dead';
  /** Of a dead service: what another process tells that answers at its port, such as one of `brew dev`. */
  replacedBy?: ProcessStatus['state'];
  /** What of it, or of who takes its place, does not get on, and why, in a line. */
  standsStill?: string;
  /** By which it, or who takes its place, talks to Kafka, where it tells. */
  library?: Library;
  residentBytes: number | undefined;
  uptimeMs: number | undefined;
}

export interface ClusterStatus {
  /** Partitions that lack a replica that is in sync; and those that can't be used at all. */
  underReplicated: number;
  leaderless: number;
  /** Whether the metadata quorum has a leader; undefined where nobody tells. */
  hasController: boolean | undefined;
}

export interface Status {
  running: boolean;
  /** Not all of it was ready yet. */
  starting: boolean;
  dir: string;
  startedAt: string | undefined;
  processes: ProcessStatus[];
  /** By name: what becomes of those that were stopped or have died. */
  fates: Record<string, Fate>;
  /** When they were written down (ISO 8601), where the process that runs Brew does not tell them itself. */
  fatesAt: string | undefined;
  /** Whether one is under way, which ends and starts processes. */
  drill: boolean;
  /** Undefined where no broker tells. */
  cluster: ClusterStatus | undefined;
  /** On the disk of `dir`; undefined where that is not ours to look at. */
  freeMiB: number | undefined;
  /** Of each service that tells. */
  deadLetters: { group: string; letters: number; parkedKeys: number; oldestAt: string | null }[];
  /** The groups whose services do not tell, and why. */
  deadLettersUnknown: { group: string; problem: string }[];
  addresses: Addresses;
}

const STARTING = 'Brew is starting: what is not there yet is to come.';
export const DRILL_UNDER_WAY = 'A drill is under way: what it ends, it starts again.';

export function renderStatus(status: Status, paint: Paint): string[] {
  const { running, starting, dir, processes, drill, addresses } = status;
  if (!running) return [`Brew is not running in ${dir}. Start it with: npm start`];
  const rows = processes.map((process) => [
    process.name,
    String(process.pid ?? ''),
    String(process.port ?? ''),
    wordOf(process.state),
    process.residentBytes === undefined ? '' : mebibytes(process.residentBytes),
    process.uptimeMs === undefined ? '' : duration(process.uptimeMs),
  ]);
  const [head = '', ...lines] = table(
    [['process', 'pid', 'port', 'state', 'memory', 'up'], ...rows],
    [1, 2, 4, 5],
  );
  const total = processes.reduce((sum, { residentBytes = 0 }) => sum + residentBytes, 0);
  return [
    paint('dim', head),
    ...lines.map((line, index) => paintState(line, processes[index]?.state, paint)),
    ...(processes.some(({ name, state }) => name === 'brew' && state === 'dead')
      ? [
          `${paint('yellow', 'brew:')} the process that runs the others was killed, so that none of them is started again. Go on with: npm start`,
        ]
      : []),
    ...processes.flatMap(({ name, port, replacedBy }) =>
      replacedBy === undefined
        ? []
        : [
            `Another process answers at port ${port} in the place of ${name}, such as one of brew dev: ${wordOf(replacedBy)}.`,
          ],
    ),
    ...processes.flatMap(({ name, standsStill }) =>
      standsStill === undefined ? [] : [`${paint('yellow', `${name}:`)} ${standsStill}`],
    ),
    ...libraryLines(status),
    ...(starting ? [paint('yellow', STARTING)] : []),
    ...(drill ? [paint('yellow', DRILL_UNDER_WAY)] : []),
    ...clusterLines(status, paint),
    ...fateLines(status, paint),
    '',
    total > 0 ? `Memory of all: ${mebibytes(total)}` : elsewhere(dir),
    ...diskLines(status, paint),
    ...letterLines(status, paint),
    '',
    ...addressLines(addresses),
  ];
}

const wordOf = (state: ProcessStatus['state']): string => state.replace('_', ' ');

/** Nothing where all services have what they have unless somebody chooses. */
function libraryLines({ processes }: Status): string[] {
  const [usual, ...others] = libraries;
  return others.flatMap((library) => {
    const names = processes.filter((each) => each.library === library).map(({ name }) => name);
    return names.length === 0 ? [] : [`With ${library} instead of ${usual}: ${names.join(', ')}`];
  });
}

/** What runs again is no trouble any more. */
function fateLines({ fates, fatesAt }: Status, paint: Paint): string[] {
  const lines = Object.entries(fates).map(([name, fate]) =>
    paint(fate.state === 'back' ? 'dim' : 'yellow', describeFate(name, fate)),
  );
  const asOf =
    fatesAt === undefined || lines.length === 0
      ? []
      : [`The process that runs Brew does not tell. As of ${clock(new Date(fatesAt))}, from run.json:`];
  return [...asOf, ...lines];
}

function clusterLines({ cluster, starting }: Status, paint: Paint): string[] {
  if (cluster === undefined)
    return starting
      ? []
      : [
          `${paint('yellow', 'Kafka:')} no broker answered in time. On a busy machine, ask again: npx brew status`,
        ];
  const { underReplicated, leaderless, hasController } = cluster;
  const partitions = [
    ...(leaderless > 0 ? [`${counted(leaderless, 'partition')} without a leader`] : []),
    ...(underReplicated > 0 ? [`${counted(underReplicated, 'partition')} under-replicated`] : []),
  ];
  const lines = [
    ...(partitions.length > 0 ? [`${partitions.join(', ')}. See them with: npx brew topics --all`] : []),
    // Until the start is through, it may be the first one that is being elected.
    ...(hasController !== false || starting
      ? []
      : ['no controller is active. See the quorum with: npx brew quorum-status']),
  ];
  return lines.map((line) => `${paint('yellow', 'Kafka:')} ${line}`);
}

function diskLines({ dir, freeMiB }: Status, paint: Paint): string[] {
  const warning = freeMiB === undefined ? undefined : lowDisk(dir, freeMiB);
  return warning === undefined ? [] : [paint('yellow', warning)];
}

/** Nothing where there are none, and all services tell. */
function letterLines({ deadLetters, deadLettersUnknown }: Status, paint: Paint): string[] {
  const some = deadLetters.filter(({ letters, parkedKeys }) => letters + parkedKeys > 0);
  const each = some.map(
    ({ group, letters, parkedKeys }) => `${group} ${grouped(letters)} (${counted(parkedKeys, 'key')} parked)`,
  );
  const unknown = deadLettersUnknown.map(({ group }) => group).join(', ');
  return [
    ...(each.length > 0
      ? [`${paint('yellow', 'Dead letters:')} ${each.join(', ')}. See them with: npx brew dlq`]
      : []),
    ...(unknown === ''
      ? []
      : [
          `${paint('red', 'Dead letters not known')} of ${unknown}, which can't be asked. See why with: npx brew dlq`,
        ]),
  ];
}

const elsewhere = (dir: string) =>
  `Not started from ${dir}. With Docker: docker compose ps, logs, stop, down; docker stats.`;

/** The addresses to open, one a line. */
export function addressLines(addresses: Addresses): string[] {
  return table(addressRows(addresses).map(({ what, url }) => [what, url]));
}

export function addressRows({ brokers, registryUrl, services }: Addresses): { what: string; url: string }[] {
  return [
    { what: 'menu', url: `${services.catalog}/menu` },
    { what: 'orders', url: `${services.order}/docs` },
    { what: 'sales', url: `${services.analytics}/reports/sales` },
    { what: 'funnel', url: `${services.analytics}/reports/funnel` },
    { what: 'Kafka', url: brokers.join(',') },
    { what: 'registry', url: registryUrl },
  ];
}

function paintState(line: string, state: ProcessStatus['state'] | undefined, paint: Paint): string {
  if (state === 'dead' || state === 'frozen' || state === 'no_answer') return paint('red', line);
  return state === 'running' || state === 'ready' || state === undefined ? line : paint('yellow', line);
}
