import type { RestoringNodes } from './nodes/restoring.ts';
import type { ClusterWatch } from './observe/cluster.ts';
import type { Following } from './observe/following.ts';
import type { OutboxWatch } from './observe/outbox.ts';
import type { Probing } from './observe/probing.ts';
import type { Customers } from './orders.ts';
import type { Timeline } from './timeline.ts';

/** All that a drill plays with. */
export interface Stage {
  nodes: RestoringNodes;
  cluster: ClusterWatch;
  probing: Probing;
  customers: Customers;
  following: Following;
  outbox: OutboxWatch;
  timeline: Timeline;
  /** Aborted when the drill is to end early. */
  signal: AbortSignal;
}
