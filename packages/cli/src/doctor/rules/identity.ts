import { at, type Finding, placeOf, type Rule } from '../finding.ts';
import { idOf, listed, type NodeConfig, settingOf } from '../node.ts';

export const rolesMissing: Rule = {
  id: 'roles-missing',
  check: (nodes) =>
    nodes.flatMap((node): Omit<Finding, 'rule'>[] => {
      const roles = listed(settingOf(node, 'process.roles'));
      const strange = roles.find((role) => !['broker', 'controller'].includes(role));
      if (roles.length > 0 && strange === undefined) return [];
      return [
        {
          severity: 'error',
          ...placeOf(node, 'process.roles', 'node.id', 'broker.id'),
          problem:
            strange === undefined
              ? `${node.name} has no process.roles.`
              : `${node.name} has "${strange}" among its process.roles, which is no role.`,
          consequence: 'Kafka 4 has no other mode than KRaft, and does not start without them.',
          remedy: 'Set process.roles to broker, to controller, or to broker,controller.',
        },
      ];
    }),
};

export const nodeIdMissing: Rule = {
  id: 'node-id-missing',
  check: (nodes) =>
    nodes
      .filter((node) => !/^\d+$/.test(settingOf(node, 'node.id') ?? ''))
      .map((node) => ({
        severity: 'error',
        ...placeOf(node, 'node.id', 'broker.id', 'process.roles'),
        problem: `${node.name} has no node.id${node.settings.has('node.id') ? ' that is a number' : ''}.`,
        consequence: 'It does not start: no other node would know it.',
        remedy: 'Give each node a node.id of its own, and never change it: its disk is formatted for it.',
      })),
};

export const nodeIdDuplicate: Rule = {
  id: 'node-id-duplicate',
  check(nodes) {
    const first = new Map<number, NodeConfig>();
    return nodes.flatMap((node) => {
      const id = idOf(node);
      if (id === undefined) return [];
      const other = first.get(id);
      if (!other) {
        first.set(id, node);
        return [];
      }
      const setting = other.settings.get('node.id');
      return [
        {
          severity: 'error' as const,
          ...placeOf(node, 'node.id', 'broker.id'),
          problem: `${node.name} has the node.id ${id} of ${other.name}${setting ? ` (line ${at(setting).line})` : ''}.`,
          consequence:
            'The one that comes second is turned away, or takes the place of the other: its partitions then lack a replica.',
          remedy: 'Give each node, controllers included, a node.id of its own.',
        },
      ];
    });
  },
};
