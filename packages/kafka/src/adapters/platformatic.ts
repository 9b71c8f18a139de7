import type { Adapter } from '../adapter.ts';
import { openLane } from './platformatic/lane.ts';
import { createMembership } from './platformatic/membership.ts';
import { createSender } from './platformatic/sender.ts';

/** On the connections and messages of @platformatic/kafka; with the protocol of KIP-848 for groups. */
export const platformatic: Adapter = { createSender, openLane, createMembership };
