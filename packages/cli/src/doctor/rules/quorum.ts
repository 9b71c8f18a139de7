import { type Finding, placeOf, type Rule } from '../finding.ts';
import {
  controllerListenersOf,
  hasRole,
  idOf,
  isCombined,
  listed,
  listenersOf,
  type NodeConfig,
  settingOf,
  type Voter,
  votersOf,
} from '../node.ts';

type Found = Omit<Finding, 'rule'>;
const VOTERS = 'controller.quorum.voters';

/** The voters as one text, whatever order and blanks they are written with. */
const normalised = (voters: readonly Voter[]): string =>
  voters
    .map(({ id, host, port }) => `${id}@${host}:${port}`)
    .sort()
    .join(',');

/** One node for each list of voters that there is: what is wrong with a list is wrong once. */
function eachList(nodes: readonly NodeConfig[]): { node: NodeConfig; voters: Voter[] }[] {
  const lists = new Map<string, { node: NodeConfig; voters: Voter[] }>();
  for (const node of nodes) {
    const voters = votersOf(node);
    if (voters && !lists.has(normalised(voters))) lists.set(normalised(voters), { node, voters });
  }
  return [...lists.values()];
}

/** How many controllers there are, as far as the nodes tell. */
function controllerCounts(nodes: readonly NodeConfig[]): { node: NodeConfig; count: number }[] {
  const lists = eachList(nodes);
  if (lists.length > 0) return lists.map(({ node, voters }) => ({ node, count: voters.length }));
  // A dynamic quorum: its voters stand in the metadata log. What can be counted are the controllers that were given.
  const controllers = nodes.filter((node) => hasRole(node, 'controller'));
  const [node] = controllers;
  return node && nodes.length > 1 ? [{ node, count: controllers.length }] : [];
}

export const controllersTooFew: Rule = {
  id: 'controllers-too-few',
  check: (nodes) =>
    controllerCounts(nodes)
      .filter(({ count }) => count < 3)
      .map(({ node, count }) => ({
        severity: 'error',
        ...placeOf(node, VOTERS, 'process.roles'),
        problem: `There ${count === 1 ? 'is one controller' : `are ${count} controllers`}.`,
        consequence: `When ${count === 2 ? 'either of them' : 'it'} is down, no partition gets a new leader and no topic can be made; when its disk is lost, so is the cluster.`,
        remedy: 'Run three controllers, and list all of them in controller.quorum.voters of every node.',
      })),
};

export const controllersEven: Rule = {
  id: 'controllers-even',
  check: (nodes) =>
    controllerCounts(nodes)
      .filter(({ count }) => count > 2 && count % 2 === 0)
      .map(({ node, count }) => ({
        severity: 'warning',
        ...placeOf(node, VOTERS, 'process.roles'),
        problem: `There are ${count} controllers, which is an even number.`,
        consequence: `A majority of ${count} is ${count / 2 + 1}: no more of them may be down than of ${count - 1}, and there is one more that can fail.`,
        remedy: `Run ${count - 1} or ${count + 1} of them.`,
      })),
};

export const votersDiffer: Rule = {
  id: 'voters-differ',
  check(nodes) {
    const [first, ...others] = eachList(nodes);
    if (!first) return [];
    return others.map(({ node, voters }) => ({
      severity: 'error',
      ...placeOf(node, VOTERS),
      problem: `${node.name} has the voters ${normalised(voters)}, and ${first.node.name} has ${normalised(first.voters)}.`,
      consequence:
        'They do not agree on what a majority is: there may be two leaders, each with a history of its own, or none.',
      remedy: 'Give every node, brokers included, the same controller.quorum.voters.',
    }));
  },
};

export const nodeNotAVoter: Rule = {
  id: 'node-not-a-voter',
  check: (nodes) =>
    nodes.flatMap((node): Found[] => {
      const [voters, id] = [votersOf(node), idOf(node)];
      if (!voters || id === undefined || settingOf(node, 'process.roles') === undefined) return [];
      const isVoter = voters.some((voter) => voter.id === id);
      if (isVoter === hasRole(node, 'controller')) return [];
      return [
        {
          severity: 'error',
          ...placeOf(node, VOTERS, 'node.id'),
          problem: isVoter
            ? `${node.name} is listed as a voter, and is no controller.`
            : `${node.name} is a controller, and its node.id ${id} is not among the voters.`,
          consequence: 'It does not start.',
          remedy: isVoter
            ? 'Add controller to its process.roles, or take it off controller.quorum.voters of every node.'
            : `Add ${id}@HOST:PORT to controller.quorum.voters of every node.`,
        },
      ];
    }),
};

export const voterAddressDiffers: Rule = {
  id: 'voter-address-differs',
  check: (nodes) =>
    nodes.flatMap((node): Found[] => {
      const own = votersOf(node)?.find(({ id }) => id === idOf(node));
      const [name] = controllerListenersOf(node);
      const listener = listenersOf(node).find((each) => each.name === name);
      if (!own || !listener || own.port === listener.port) return [];
      return [
        {
          severity: 'error',
          ...placeOf(node, VOTERS),
          problem: `${node.name} is listed as ${own.id}@${own.host}:${own.port}, and listens for controllers on port ${listener.port}.`,
          consequence: 'The others do not reach it: there is one voter less than there seems to be.',
          remedy: `Write the port of its listener ${listener.name} into controller.quorum.voters of every node.`,
        },
      ];
    }),
};

export const votersMalformed: Rule = {
  id: 'voters-malformed',
  check: (nodes) =>
    nodes.flatMap((node): Found[] => {
      const voters = votersOf(node);
      const bootstrap = settingOf(node, 'controller.quorum.bootstrap.servers');
      const place = placeOf(node, VOTERS, 'process.roles');
      if (!voters && !bootstrap) {
        return [
          {
            severity: 'error',
            ...place,
            problem: `${node.name} has no controller.quorum.voters.`,
            consequence: 'It does not start: it knows no controller.',
            remedy:
              'List all controllers as ID@HOST:PORT, or set controller.quorum.bootstrap.servers for a dynamic quorum.',
          },
        ];
      }
      const texts = listed(settingOf(node, VOTERS));
      const ids = voters?.map(({ id }) => id) ?? [];
      const wrong =
        texts.find((text) => !/^\d+@.+:\d+$/.test(text)) ?? ids.find((id, index) => ids.indexOf(id) < index);
      if (wrong === undefined) return [];
      return [
        {
          severity: 'error',
          ...place,
          problem: `In the voters of ${node.name}, ${typeof wrong === 'number' ? `${wrong} is listed twice` : `"${wrong}" is not ID@HOST:PORT`}.`,
          consequence: 'It does not start.',
          remedy: 'List each controller once, as ID@HOST:PORT, parted by commas.',
        },
      ];
    }),
};

/** Few enough that a broker's load leaves its controller alone. */
const MANY_BROKERS = 5;

export const combinedManyBrokers: Rule = {
  id: 'combined-many-brokers',
  check(nodes) {
    const brokers = nodes.filter((node) => hasRole(node, 'broker'));
    const [combined] = nodes.filter(isCombined);
    if (!combined || brokers.length <= MANY_BROKERS) return [];
    return [
      {
        severity: 'warning',
        ...placeOf(combined, 'process.roles'),
        problem: `There are ${brokers.length} brokers, and controllers are on some of them.`,
        consequence:
          'A broker that is busy, restarts or runs out of memory takes its controller along; each restart of one is an election.',
        remedy: 'Give the controllers three machines of their own (process.roles=controller).',
      },
    ];
  },
};
