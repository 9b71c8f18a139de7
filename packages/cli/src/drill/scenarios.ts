import {
  consuming,
  elected,
  intakeGoesOn,
  isrShrunk,
  isrWhole,
  leadersMoved,
  orderDelivered,
  outboxDrained,
  produceError,
  produceRefused,
  producing,
  quorumLost,
  rejoined,
} from './milestones.ts';
import type { DrillNode } from './nodes/nodes.ts';
import type { Plan } from './plan.ts';
import type { Stage } from './stage.ts';
import type { Milestone } from './timeline.ts';

/** Longer than any of it takes on a busy machine; what has not happened by then is said, and the drill goes on. */
const PATIENCE_MS = 60_000;
const RETURN_MS = 120_000;
/** So many orders show that the intake goes on. */
const ENOUGH_ORDERS = 5;

/** Plays a plan through: what it has ended runs again when it resolves. @throws the signal's reason */
export async function play({ kind, targets }: Plan, stage: Stage): Promise<void> {
  switch (kind) {
    case 'controller':
    case 'broker':
      return playOne(targets, stage);
    case 'two-brokers':
      return playTwo(targets, stage);
    case 'rolling':
      return playRolling(targets, stage);
    default:
      return kind satisfies never;
  }
}

async function playOne(targets: readonly DrillNode[], stage: Stage): Promise<void> {
  const goneOn = expectations(targets, stage);
  const killedAt = await kill(targets, stage);
  await untilAll(stage, goneOn(killedAt));
  // The groups of the services may still be looking for their coordinator; the node is not kept waiting for them.
  await bringBack(targets, stage, [orderDelivered(stage, killedAt)]);
}

async function playTwo(targets: readonly DrillNode[], stage: Stage): Promise<void> {
  const { nodes, timeline, cluster } = stage;
  const [first, second] = targets;
  const refused = () => [
    produceRefused(stage, performance.now()),
    intakeGoesOn(stage, performance.now(), ENOUGH_ORDERS),
  ];
  if (nodes.kafka === 'combined' && first && second) {
    await kill([first], stage);
    await untilAll(stage, [isrShrunk(stage, [first])]);
    await nodes.stop(second.name);
    await timeline.say('stopped', `${second.name} stopped in order: one broker is left`);
    await untilAll(stage, [quorumLost(stage), ...refused()]);
  } else {
    await kill(targets, stage);
    await untilAll(stage, [isrShrunk(stage, targets), ...refused()]);
  }
  await bringBack(targets, stage, [
    ...(nodes.kafka === 'combined' ? [elected(stage, cluster.lastQuorum?.epoch ?? 0)] : []),
    producing(stage, performance.now()),
    consuming(stage, performance.now()),
    outboxDrained(stage),
    orderDelivered(stage, performance.now()),
  ]);
}

async function playRolling(targets: readonly DrillNode[], stage: Stage): Promise<void> {
  const { nodes, timeline, cluster } = stage;
  for (const [index, node] of targets.entries()) {
    await timeline.begin(`${node.name} (${index + 1} of ${targets.length})`, [
      produceError(stage),
      elected(stage, cluster.lastQuorum?.epoch ?? 0),
    ]);
    await nodes.stop(node.name);
    await timeline.say('stopped', `${node.name} stopped in order (SIGTERM)`);
    const back = await bringBack([node], stage, [
      producing(stage, performance.now()),
      consuming(stage, performance.now()),
    ]);
    if (!back) return; // the next one could be one too many
  }
}

/** What is to happen once these nodes are gone. Looked at before they are: what counts is what they were. */
function expectations(targets: readonly DrillNode[], stage: Stage): (killedAt: number) => Milestone[] {
  const { lastQuorum: quorum, partitions } = stage.cluster;
  const ids = targets.map(({ id }) => id);
  const led = partitions.filter(({ leader }) => leader !== undefined && ids.includes(leader)).length;
  const brokers = targets.filter(({ isBroker }) => isBroker);
  return (killedAt) => [
    ...(quorum && ids.includes(quorum.leader) ? [elected(stage, quorum.epoch)] : []),
    ...(led > 0 ? [leadersMoved(stage, brokers, led)] : []),
    ...(brokers.length > 0 ? [isrShrunk(stage, brokers)] : []),
    producing(stage, killedAt),
    consuming(stage, killedAt),
  ];
}

/** @returns when they are known to be gone, on the clock of performance.now(): Docker takes its time */
async function kill(targets: readonly DrillNode[], stage: Stage): Promise<number> {
  const names = targets.map(({ name }) => name);
  const error = produceError(stage);
  let gone = false;
  // A producer may notice it sooner than we hear of it, but not before it happens.
  await stage.timeline.begin('Since the kill', [{ ...error, seen: () => (gone ? error.seen() : undefined) }]);
  await Promise.all(names.map((name) => stage.nodes.kill(name)));
  const killedAt = performance.now();
  await stage.timeline.say('killed', `${names.join(' and ')} killed (SIGKILL)`);
  gone = true;
  return killedAt;
}

/** Starts them again, and waits until they are what they were, and for `more`. @returns whether that was in time */
async function bringBack(
  targets: readonly DrillNode[],
  stage: Stage,
  more: readonly Milestone[] = [],
): Promise<boolean> {
  const { nodes, timeline, signal } = stage;
  /** Those that run again, with what they are still to do. */
  const back = new Map<string, Milestone>();
  const failed = new AbortController();
  const start = async (node: DrillNode) => {
    await nodes.start(node.name);
    back.set(node.name, rejoined(stage, node));
    await timeline.say('node-back', `${node.name} back: it runs again`);
  };
  const whole = isrWhole(stage);
  const expected = [
    ...targets.map((node) => ({
      ...rejoined(stage, node),
      seen: () => back.get(node.name)?.seen(),
    })),
    ...(targets.some(({ isBroker }) => isBroker)
      ? [{ ...whole, seen: () => (back.size === targets.length ? whole.seen() : undefined) }]
      : []),
    ...more,
  ];
  const [inTime] = await Promise.all([
    timeline.untilAll(expected, {
      timeoutMs: RETURN_MS,
      signal: AbortSignal.any([signal, failed.signal]),
    }),
    ...targets.map((node) =>
      start(node).catch((error) => {
        failed.abort(error);
        throw error;
      }),
    ),
  ]);
  return inTime;
}

const untilAll = ({ timeline, signal }: Stage, milestones: readonly Milestone[]): Promise<boolean> =>
  timeline.untilAll(milestones, { timeoutMs: PATIENCE_MS, signal });
