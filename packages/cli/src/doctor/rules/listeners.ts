import { at, type Finding, placeOf, type Rule } from '../finding.ts';
import {
  ANY_ADDRESS,
  hostOf,
  listed,
  listenersIn,
  listenersOf,
  type NodeConfig,
  settingOf,
} from '../node.ts';

type Found = Omit<Finding, 'rule'>;

/** Names that say their protocol themselves. */
const PROTOCOLS = ['PLAINTEXT', 'SSL', 'SASL_PLAINTEXT', 'SASL_SSL'];

export const listenerUnmapped: Rule = {
  id: 'listener-unmapped',
  check: (nodes) =>
    nodes.flatMap((node) => {
      const map = settingOf(node, 'listener.security.protocol.map');
      const mapped =
        map === undefined ? PROTOCOLS : listed(map).map((pair) => (pair.split(':')[0] ?? '').toUpperCase());
      // Without a map, Kafka takes controllers' listeners for PLAINTEXT.
      const controllers =
        map === undefined ? listed(settingOf(node, 'controller.listener.names')?.toUpperCase()) : [];
      const unknown = listenersOf(node).filter(
        ({ name }) => !mapped.includes(name) && !controllers.includes(name),
      );
      return unknown.map(
        ({ name }): Found => ({
          severity: 'error',
          ...placeOf(node, 'listener.security.protocol.map', 'listeners'),
          problem: `${node.name} has a listener ${name}, and listener.security.protocol.map does not say its protocol.`,
          consequence: 'It does not start.',
          remedy: `Add ${name}:PLAINTEXT (or SSL, SASL_PLAINTEXT, SASL_SSL) to listener.security.protocol.map.`,
        }),
      );
    }),
};

export const listenerClash: Rule = {
  id: 'listener-clash',
  check: (nodes) => [...nodes.flatMap(withinNode), ...betweenNodes(nodes), ...publishedTwice(nodes)],
};

function withinNode(node: NodeConfig): Found[] {
  const listeners = listenersOf(node);
  return listeners.flatMap((listener, index): Found[] => {
    const before = listeners.slice(0, index);
    const sameName = before.some(({ name }) => name === listener.name);
    const samePort = before.find((each) => each.port === listener.port && overlap(each.host, listener.host));
    if (!sameName && !samePort) return [];
    return [
      {
        severity: 'error',
        ...placeOf(node, 'listeners'),
        problem: sameName
          ? `${node.name} has two listeners ${listener.name}.`
          : `${node.name} has its listeners ${samePort?.name} and ${listener.name} on the same port, ${listener.port}.`,
        consequence: 'It does not start.',
        remedy: sameName ? 'Give each listener a name of its own.' : 'Give each listener a port of its own.',
      },
    ];
  });
}

function betweenNodes(nodes: readonly NodeConfig[]): Found[] {
  return pairs(nodes).flatMap(([one, other]): Found[] => {
    const host = hostOf(other);
    if (host === undefined || hostOf(one) !== host) return [];
    const clash = listenersOf(other).find((listener) =>
      listenersOf(one).some((each) => each.port === listener.port && overlap(each.host, listener.host)),
    );
    if (!clash) return [];
    return [
      {
        severity: 'error',
        ...placeOf(other, 'listeners'),
        problem: `${other.name} listens on port ${clash.port} (${clash.name}), and so does ${one.name}, on the same machine (${host}).`,
        consequence: 'Whichever comes second does not start.',
        remedy: 'Give each listener of each node on a machine a port of its own.',
      },
    ];
  });
}

function publishedTwice(nodes: readonly NodeConfig[]): Found[] {
  return pairs(nodes).flatMap(([one, other]): Found[] => {
    const clash = other.published.find((port) =>
      one.published.some((each) => each.hostPort === port.hostPort && overlap(each.hostIp, port.hostIp)),
    );
    if (!clash) return [];
    return [
      {
        severity: 'error',
        ...at(clash),
        problem: `${other.name} takes port ${clash.hostPort} of the host, and so does ${one.name}.`,
        consequence: 'Whichever comes second does not start.',
        remedy: 'Publish each on a port of its own, and advertise that one.',
      },
    ];
  });
}

export const advertisedClash: Rule = {
  id: 'advertised-clash',
  check: (nodes) =>
    pairs(nodes).flatMap(([one, other]): Found[] => {
      const clash = advertisedBy(other).find((listener) =>
        advertisedBy(one).some(({ host, port }) => host === listener.host && port === listener.port),
      );
      if (!clash || ANY_ADDRESS.has(clash.host)) return [];
      return [
        {
          severity: 'error',
          ...placeOf(other, 'advertised.listeners'),
          problem: `${other.name} tells clients to come to ${clash.host}:${clash.port}, and so does ${one.name}.`,
          consequence:
            'Clients who want the one get the other, which does not lead what they ask for: they try again without end.',
          remedy: 'Advertise for each broker an address that leads to it alone.',
        },
      ];
    }),
};

const advertisedBy = (node: NodeConfig) => listenersIn(settingOf(node, 'advertised.listeners'));

const overlap = (one: string, other: string): boolean =>
  one === other || ANY_ADDRESS.has(one) || ANY_ADDRESS.has(other);

/** Each with each that comes before it. */
const pairs = (nodes: readonly NodeConfig[]): [NodeConfig, NodeConfig][] =>
  nodes.flatMap((other, index) => nodes.slice(0, index).map((one): [NodeConfig, NodeConfig] => [one, other]));
