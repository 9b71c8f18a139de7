import { at, type Finding, placeOf, type Rule } from '../finding.ts';
import { hostOf, idOf, listed, type NodeConfig, type Setting, settingOf } from '../node.ts';

type Found = Omit<Finding, 'rule'>;

export const storageNotFormatted: Rule = {
  id: 'storage-not-formatted',
  check: (nodes) =>
    nodes.flatMap((node) =>
      node.storage
        .filter(({ meta }) => meta === undefined)
        .map(
          ({ folder, setting, exists }): Found => ({
            // What is not here may be on the machine that the file is for.
            severity: exists ? 'error' : 'warning',
            ...at(setting),
            problem: exists
              ? `${folder} of ${node.name} is not formatted: it has no meta.properties.`
              : `${folder} of ${node.name} is not on this machine, so nobody has formatted it here.`,
            consequence: 'A KRaft node does not start on a folder that is not formatted for its cluster.',
            remedy:
              'Run once, with the same cluster id for all nodes: kafka-storage.sh format --cluster-id ID --config FILE.',
          }),
        ),
    ),
};

export const storageOfAnotherNode: Rule = {
  id: 'storage-of-another-node',
  check: (nodes) =>
    nodes.flatMap((node) => {
      const id = idOf(node);
      return node.storage
        .filter(({ meta }) => id !== undefined && meta?.nodeId !== undefined && meta.nodeId !== id)
        .map(
          ({ folder, setting, meta }): Found => ({
            severity: 'error',
            ...at(setting),
            problem: `${folder} is formatted for node ${meta?.nodeId}, and ${node.name} is node ${id}.`,
            consequence: 'It does not start: it would answer for the records of another node.',
            remedy: 'Set its node.id back, or its log.dirs to its own folder.',
          }),
        );
    }),
};

/** For which clusters a node's disks are, and where that is said. */
function clustersOf(node: NodeConfig): { id: string; setting: Setting; where: string }[] {
  const formatted = node.storage.flatMap(({ folder, setting, meta }) =>
    meta?.clusterId === undefined
      ? []
      : [{ id: meta.clusterId, setting, where: `${folder}/meta.properties` }],
  );
  const { clusterId } = node;
  return clusterId
    ? [...formatted, { id: clusterId.value, setting: clusterId, where: 'CLUSTER_ID' }]
    : formatted;
}

export const clusterIdDiffers: Rule = {
  id: 'cluster-id-differs',
  check(nodes) {
    const all = nodes.flatMap((node) => clustersOf(node).map((cluster) => ({ node, ...cluster })));
    const [first] = all;
    return all
      .filter(({ id }) => id !== first?.id)
      .map(
        ({ node, id, setting, where }): Found => ({
          severity: 'error',
          ...at(setting),
          problem: `${node.name} belongs to the cluster ${id} (${where}), and ${first?.node.name} to ${first?.id}.`,
          consequence:
            'The others turn it away, so there is one node less. With enough of them, there are two clusters.',
          remedy:
            'If it has no data yet, format it with the id of the others. If it has, find out which cluster it came from.',
        }),
      );
  },
};

export const logFolderShared: Rule = {
  id: 'log-folder-shared',
  check(nodes) {
    const owners = new Map<string, NodeConfig>();
    return nodes.flatMap((node) => {
      const host = hostOf(node);
      if (host === undefined) return [];
      return node.storage.flatMap(({ folder, setting }): Found[] => {
        const owner = owners.get(`${host} ${folder}`);
        owners.set(`${host} ${folder}`, owner ?? node);
        if (!owner) return [];
        return [
          {
            severity: 'error',
            ...at(setting),
            problem: `${node.name} keeps its data in ${folder}, and so does ${owner.name}, on the same machine.`,
            consequence: 'The second one does not start, as the first one has locked it.',
            remedy: 'Give each node log.dirs of its own.',
          },
        ];
      });
    });
  },
};

/** Kafka's default, and what the files have that come with it. */
const SAMPLES = /^\/tmp\/(kafka|kraft-[\w-]+)-logs\/?$/;

export const logFolderTemporary: Rule = {
  id: 'log-folder-temporary',
  check: (nodes) =>
    nodes.flatMap((node): Found[] => {
      const folders = listed(settingOf(node, 'log.dirs') ?? settingOf(node, 'log.dir') ?? '/tmp/kafka-logs');
      const folder = folders.find((each) => SAMPLES.test(each));
      const place = placeOf(node, 'log.dirs', 'log.dir');
      if (folder === undefined) return [];
      return [
        {
          severity: 'warning',
          ...place,
          problem: `${node.name} keeps its data in ${folder}${place.line === null ? ', as log.dirs is not set' : ''}.`,
          consequence: node.container
            ? 'When the container is made anew, its replicas are gone, and a controller forgets whom it voted for.'
            : 'Machines clear /tmp, some at each start: its replicas are gone then, and a controller forgets whom it voted for.',
          remedy: 'Set log.dirs to a folder on a disk that stays.',
        },
      ];
    }),
};
