import type { Adapter } from '../adapter.ts';
import { openLane } from './kafkajs/lane.ts';
import { createMembership } from './kafkajs/membership.ts';
import { createSender } from './kafkajs/sender.ts';

/** On kafkajs 2.2.4, patched; with the classic protocol of groups. */
export const kafkajs: Adapter = { createSender, openLane, createMembership };
