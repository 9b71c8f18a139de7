/** A setting, and where it stands. */
export interface Setting {
  value: string;
  file: string;
  line: number;
}

/** What one Kafka node is told. */
export interface NodeConfig {
  /** Its service in a compose file, or its file without the ending. */
  name: string;
  /** Where settings would stand that it lacks. */
  file: string;
  settings: ReadonlyMap<string, Setting>;
  /** A container has ports and disks of its own; what is not one may share them with others. */
  container: boolean;
  /** Ports of the host that lead into the container. */
  published: readonly Published[];
  /** The cluster that its disk is formatted for when it starts for the first time, as Kafka's image does it. */
  clusterId: Setting | undefined;
  /** Its log folders, looked at. Empty for containers, whose disks are not ours to look at. */
  storage: readonly Storage[];
}

export interface Published {
  /** `0.0.0.0` when none is named. */
  hostIp: string;
  hostPort: number;
  containerPort: number;
  file: string;
  line: number;
}

/** A log folder. */
export interface Storage {
  folder: string;
  setting: Setting;
  /** Whether the folder is there. */
  exists: boolean;
  /** What its meta.properties says; undefined when it has none: it is not formatted. */
  meta: { clusterId: string | undefined; nodeId: number | undefined } | undefined;
}

export type Role = 'broker' | 'controller';

/** A listener, as `listeners` and `advertised.listeners` have them: NAME://host:port. */
export interface Listener {
  name: string;
  /** Empty: every address of the machine. */
  host: string;
  port: number;
}

/** A voter as `controller.quorum.voters` has it: id@host:port. */
export interface Voter {
  id: number;
  host: string;
  port: number;
}

export const settingOf = ({ settings }: NodeConfig, name: string): string | undefined =>
  settings.get(name)?.value;

export const hasRole = (node: NodeConfig, role: Role): boolean =>
  listed(settingOf(node, 'process.roles')).includes(role);

export const isCombined = (node: NodeConfig): boolean =>
  hasRole(node, 'broker') && hasRole(node, 'controller');

/** Undefined when it has none, or none that is a number. */
export function idOf(node: NodeConfig): number | undefined {
  const value = settingOf(node, 'node.id') ?? settingOf(node, 'broker.id');
  return value !== undefined && /^\d+$/.test(value) ? Number(value) : undefined;
}

/** A list of names, parted by commas. */
export const listed = (value: string | undefined): string[] =>
  (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

/** Those that can be read; what can't be is Kafka's to complain of. */
export function listenersIn(value: string | undefined): Listener[] {
  return listed(value).flatMap((text) => {
    const { name, host, port } = /^(?<name>[\w.-]+):\/\/(?<host>.*):(?<port>\d+)$/.exec(text)?.groups ?? {};
    return name === undefined ? [] : [{ name: name.toUpperCase(), host: host ?? '', port: Number(port) }];
  });
}

/** Where it listens; Kafka's default when nothing is said. */
export const listenersOf = (node: NodeConfig): Listener[] =>
  listenersIn(settingOf(node, 'listeners') ?? 'PLAINTEXT://:9092');

/** Undefined when the quorum is a dynamic one (KIP-853), whose voters stand in the metadata log. */
export function votersOf(node: NodeConfig): Voter[] | undefined {
  const value = settingOf(node, 'controller.quorum.voters');
  if (value === undefined || value.trim() === '') return undefined;
  return listed(value).flatMap((text) => {
    const { id, host, port } = /^(?<id>\d+)@(?<host>.+):(?<port>\d+)$/.exec(text)?.groups ?? {};
    return id === undefined ? [] : [{ id: Number(id), host: host ?? '', port: Number(port) }];
  });
}

export const controllerListenersOf = (node: NodeConfig): string[] =>
  listed(settingOf(node, 'controller.listener.names')).map((name) => name.toUpperCase());

/**
 * What tells on which machine it is: the address that others reach it by. Undefined when nothing does. Nodes with the same one
 * share ports and disks.
 */
export function hostOf(node: NodeConfig): string | undefined {
  if (node.container) return `container ${node.name}`;
  const voter = votersOf(node)?.find(({ id }) => id === idOf(node));
  const advertised = listenersIn(settingOf(node, 'advertised.listeners'));
  const hosts = [voter?.host, ...[...advertised, ...listenersOf(node)].map(({ host }) => host)];
  const host = hosts.find((each) => each !== undefined && !ANY_ADDRESS.has(each));
  return host === 'localhost' ? '127.0.0.1' : host;
}

/** How "every address of the machine" is written. */
export const ANY_ADDRESS: ReadonlySet<string> = new Set(['', '0.0.0.0', '[::]']);

/**
 * How many brokers there are. Unknown when the others' files are elsewhere: only controllers were given, or one node that is not all
 * there is.
 */
export function brokerCount(nodes: readonly NodeConfig[]): number | undefined {
  const brokers = nodes.filter((node) => hasRole(node, 'broker'));
  const [only] = nodes;
  // Without roles, nobody knows what it is.
  if (brokers.length === 0 || nodes.some((node) => settingOf(node, 'process.roles') === undefined))
    return undefined;
  const alone = nodes.length === 1 && only && votersOf(only)?.length === 1 && isCombined(only);
  return nodes.length > 1 || alone ? brokers.length : undefined;
}
