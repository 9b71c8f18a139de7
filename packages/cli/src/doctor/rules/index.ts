import type { Rule } from '../finding.ts';
import { controllerListenerAdvertised, controllerListenerMissing } from './controllerListener.ts';
import { internalTopicsRule, minIsr, replicationFactor, uncleanElection } from './durability.ts';
import { nodeIdDuplicate, nodeIdMissing, rolesMissing } from './identity.ts';
import { advertisedClash, listenerClash, listenerUnmapped } from './listeners.ts';
import {
  combinedManyBrokers,
  controllersEven,
  controllersTooFew,
  nodeNotAVoter,
  voterAddressDiffers,
  votersDiffer,
  votersMalformed,
} from './quorum.ts';
import {
  clusterIdDiffers,
  logFolderShared,
  logFolderTemporary,
  storageNotFormatted,
  storageOfAnotherNode,
} from './storage.ts';
import { zookeeperSettings } from './zookeeper.ts';

/** Everything that is looked for in configurations, in the order in which a cluster comes up. */
export const rules: readonly Rule[] = [
  rolesMissing,
  nodeIdMissing,
  nodeIdDuplicate,
  zookeeperSettings,
  votersMalformed,
  controllersTooFew,
  controllersEven,
  votersDiffer,
  nodeNotAVoter,
  voterAddressDiffers,
  controllerListenerMissing,
  controllerListenerAdvertised,
  listenerUnmapped,
  listenerClash,
  advertisedClash,
  storageNotFormatted,
  storageOfAnotherNode,
  clusterIdDiffers,
  logFolderShared,
  logFolderTemporary,
  replicationFactor,
  minIsr,
  uncleanElection,
  internalTopicsRule,
  combinedManyBrokers,
];
