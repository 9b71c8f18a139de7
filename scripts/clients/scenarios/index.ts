import type { Scenario } from '../scenario.ts';
import { controller, coordinator, leader, loading, rolling, twoBrokers } from './brokers.ts';
import { frozen, members, warmCache } from './members.ts';
import { delayedAnswers, halvedAnswers, lostAnswers } from './network.ts';
import { compressed, deleted, partitions, pipeline, throttled } from './records.ts';
import { remade } from './remade.ts';

/** In the order of the table's rows. */
export const scenarios: readonly Scenario[] = [
  leader,
  controller,
  coordinator,
  loading,
  twoBrokers,
  rolling,
  frozen,
  members,
  warmCache,
  lostAnswers,
  halvedAnswers,
  delayedAnswers,
  throttled,
  deleted,
  remade,
  compressed,
  partitions,
  pipeline,
];
