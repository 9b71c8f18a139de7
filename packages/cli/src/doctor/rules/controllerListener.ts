import { type Finding, placeOf, type Rule } from '../finding.ts';
import {
  controllerListenersOf,
  hasRole,
  listenersIn,
  listenersOf,
  type NodeConfig,
  settingOf,
} from '../node.ts';

type Found = Omit<Finding, 'rule'>;
const NAMES = 'controller.listener.names';

export const controllerListenerMissing: Rule = {
  id: 'controller-listener-missing',
  check: (nodes) => nodes.flatMap(missingIn),
};

function missingIn(node: NodeConfig): Found[] {
  const names = controllerListenersOf(node);
  if (names.length === 0) {
    return [
      {
        severity: 'error',
        ...placeOf(node, NAMES, 'process.roles'),
        problem: `${node.name} has no ${NAMES}.`,
        consequence:
          'It does not start: it does not know by which listener, and so by which protocol, controllers are reached.',
        remedy: `Set ${NAMES} on every node, brokers included: to CONTROLLER, as a rule.`,
      },
    ];
  }
  const listens = listenersOf(node).some(({ name }) => names.includes(name));
  if (hasRole(node, 'controller') && !listens) {
    return [
      {
        severity: 'error',
        ...placeOf(node, 'listeners', NAMES),
        problem: `${node.name} is a controller, and none of its listeners is ${names.join(' or ')}.`,
        consequence: 'It does not start: neither brokers nor other controllers could reach it.',
        remedy: `Add ${names[0]}://:PORT to its listeners, with the port that controller.quorum.voters has for it.`,
      },
    ];
  }
  if (!hasRole(node, 'controller') && hasRole(node, 'broker') && listens) {
    return [
      {
        severity: 'error',
        ...placeOf(node, 'listeners'),
        problem: `${node.name} is no controller, and listens as ${names.join(' or ')}.`,
        consequence: 'It does not start.',
        remedy: 'Take that listener off its listeners; controller.listener.names stays.',
      },
    ];
  }
  return [];
}

export const controllerListenerAdvertised: Rule = {
  id: 'controller-listener-advertised',
  check: (nodes) =>
    nodes.flatMap((node): Found[] => {
      const names = controllerListenersOf(node);
      const advertised = listenersIn(settingOf(node, 'advertised.listeners')).find(({ name }) =>
        names.includes(name),
      );
      const between = settingOf(node, 'inter.broker.listener.name')?.toUpperCase();
      if (hasRole(node, 'broker') && advertised) {
        return [
          {
            severity: 'error',
            ...placeOf(node, 'advertised.listeners'),
            problem: `${node.name} advertises ${advertised.name}, its listener for controllers, to clients.`,
            consequence: 'It does not start: clients would talk to the quorum.',
            remedy: `Take ${advertised.name} off advertised.listeners; it stays in listeners.`,
          },
        ];
      }
      if (between === undefined || !names.includes(between)) return [];
      return [
        {
          severity: 'error',
          ...placeOf(node, 'inter.broker.listener.name'),
          problem: `${node.name} has ${between} for brokers and for controllers alike.`,
          consequence: 'It does not start.',
          remedy: 'Set inter.broker.listener.name to another one of its listeners.',
        },
      ];
    }),
};
