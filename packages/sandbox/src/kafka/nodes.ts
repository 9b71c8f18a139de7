import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { layout, root } from '../paths.ts';
import { type Ports, type PortUse, usesOf } from '../ports.ts';

/** Fixed, so that a client that has met this cluster meets the same one after a stop, in the sandbox or in Docker. */
export const clusterId = '5nnS6DRtQnKwoMjkkVxxug';

/**
 * How the work is shared out. `combined`: three nodes, each of them a broker and one of the voters of the metadata quorum.
 * `dedicated`: three controllers that vote and three brokers that don't, as large clusters have it.
 */
export type KafkaMode = 'combined' | 'dedicated';

/** One Kafka node. */
export interface KafkaNode {
  /** node.id: 1, 2, 3 for brokers, 101, 102, 103 for dedicated controllers. */
  id: number;
  /** kafka-1, kafka-2, kafka-3, controller-1, … */
  name: string;
  /** The port at which it is known to be up: that of its clients, or of the quorum when it has none. */
  port: number;
  /** All that it listens on. */
  ports: readonly PortUse[];
  /** Whether it is one of the voters of the metadata quorum. */
  votes: boolean;
  /** Whether it keeps records. */
  isBroker: boolean;
  /** Its log.dirs. */
  data: string;
  /** Its settings, beside those that all nodes share. */
  settings: Record<string, string>;
}

/** What the node ids of dedicated controllers begin after: brokers have the same ids in both modes. */
const CONTROLLER_IDS = 100;

/** The nodes of a folder. Everything listens on 127.0.0.1: "localhost" may be ::1, where nobody listens. */
export function kafkaNodes(dir: string, ports: Ports, mode: KafkaMode): KafkaNode[] {
  const firstVoter = mode === 'dedicated' ? CONTROLLER_IDS + 1 : 1;
  const voters = ports.controller.map((port, index) => `${firstVoter + index}@127.0.0.1:${port}`).join(',');
  const node = (
    name: string,
    settings: Record<string, string>,
    what: Omit<KafkaNode, 'name' | 'data' | 'settings'>,
  ) => {
    const data = join(layout(dir).data, name);
    const own = { 'node.id': `${what.id}`, 'controller.quorum.voters': voters, 'log.dirs': data };
    return { ...what, name, data, settings: { ...own, ...settings } };
  };
  const controllerOf = (index: number) => `CONTROLLER://127.0.0.1:${ports.controller[index]}`;

  const brokers = ports.external.map((port, index) => {
    const advertised = `EXTERNAL://127.0.0.1:${port},INTERNAL://127.0.0.1:${ports.internal[index]}`;
    const votes = mode === 'combined';
    const settings = {
      'process.roles': votes ? 'broker,controller' : 'broker',
      listeners: votes ? `${advertised},${controllerOf(index)}` : advertised,
      'advertised.listeners': advertised,
    };
    const listens = usesOf(ports, port, ports.internal[index], votes ? ports.controller[index] : undefined);
    return node(`kafka-${index + 1}`, settings, {
      id: index + 1,
      port,
      ports: listens,
      votes,
      isBroker: true,
    });
  });
  if (mode === 'combined') return brokers;

  const controllers = ports.controller.map((port, index) =>
    node(
      `controller-${index + 1}`,
      { 'process.roles': 'controller', listeners: controllerOf(index) },
      { id: firstVoter + index, port, ports: usesOf(ports, port), votes: true, isBroker: false },
    ),
  );
  return [...controllers, ...brokers];
}

/** Whether it is the one node that writes down its loaded classes when it stops: see nodeFlags. */
export const writesArchive = ({ id }: KafkaNode): boolean => id === 1;

/** What all nodes have in common, in the sandbox and in Docker. */
export const sharedProperties = (): Promise<string> =>
  readFile(join(root, 'infra/kafka/config/server.properties'), 'utf8');

/** The text of a node's properties file: the shared settings of infra/kafka and its own. */
export async function propertiesOf(node: KafkaNode, data = node.data): Promise<string> {
  const own = toProperties({ ...node.settings, 'log.dirs': data });
  return `${await sharedProperties()}\n# This node alone.\n${own}`;
}

/**
 * Settings in Java's .properties format. "\\" escapes there, so a backslash in a value is escaped itself; blanks at its beginning would be
 * dropped; and the file is read as Latin-1, so what is beyond ASCII is written as \uXXXX.
 */
export function toProperties(settings: Record<string, string>): string {
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${escapeValue(value)}\n`)
    .join('');
}

const escapeValue = (value: string): string =>
  value
    .replaceAll('\\', '\\\\')
    .replace(/^[ \t]/, '\\$&')
    .replace(/[^ -~\t]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
