import { orderTopics } from '@brew/events';
import { delay, type KafkaClient } from '@brew/kafka';
import { findRun } from '@brew/sandbox';
import type { Addresses } from '../addresses.ts';
import { clientOf } from '../clusterClient.ts';
import { DrillRefusedError } from '../errors.ts';
import type { Io } from '../io.ts';
import { agreed } from './agree.ts';
import { judge } from './judge.ts';
import { composeNodes } from './nodes/composeNodes.ts';
import { type RestoringNodes, restoring } from './nodes/restoring.ts';
import { sandboxNodes } from './nodes/sandboxNodes.ts';
import { type ClusterWatch, watchCluster } from './observe/cluster.ts';
import { followOrders } from './observe/following.ts';
import { watchOutbox } from './observe/outbox.ts';
import { probeTopic, startProbing } from './observe/probing.ts';
import { sendCustomers } from './orders.ts';
import { type DrillKind, type Plan, planOf } from './plan.ts';
import { play } from './scenarios.ts';
import type { Stage } from './stage.ts';
import { createTimeline } from './timeline.ts';
import { renderVerdict } from './verdict.ts';
import { wholeCluster } from './whole.ts';

export interface DrillOptions {
  /** Does not ask. */
  yes?: boolean;
  /** Orders a second that the drill places. */
  rate: number;
  /** How long an order may take to its end, after the drill, in milliseconds. */
  patienceMs: number;
  json?: boolean;
}

const topics = orderTopics.map(({ name }) => name);

/** What the node ids of dedicated controllers begin after, with Docker as in the sandbox. */
const BROKER_IDS = 100;

/** How many orders are accepted before anything is broken. */
const FIRST_ORDERS = 3;
const WARM_UP_MS = 30_000;

/**
 * Rehearses a failure while orders flow. What it has ended runs again when it resolves or throws.
 * @returns whether nothing was lost and nothing happened twice; false, too, if the user says no or ends it
 * @throws DrillRefusedError, ControlRefusedError, ArgumentInvalidError: nothing was done
 */
export async function drill(
  kind: DrillKind,
  options: DrillOptions,
  where: { dir: string; addresses: Addresses },
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return await begin(kind, options, where, io, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    io.note('brew: The drill was stopped, so there is no verdict. npx brew verify looks at all orders.');
    return false;
  }
}

async function begin(
  kind: DrillKind,
  options: DrillOptions,
  { dir, addresses }: { dir: string; addresses: Addresses },
  io: Io,
  signal: AbortSignal,
): Promise<boolean> {
  const client = clientOf(addresses, 'brew-drill');
  await using resources = new AsyncDisposableStack();
  const { nodes, plan } = await prepare(kind, client, dir, signal);
  resources.use(nodes);
  if (!(await agreed(plan, nodes, options, io))) return false;

  // Not before the user agrees: from here on, something is written.
  const stage: Stage = {
    nodes,
    probing: resources.use(await startProbing(client)),
    cluster: resources.use(await watchCluster(client, [...topics, probeTopic.name])),
    following: resources.use(await followOrders(client, addresses.registryUrl)),
    customers: resources.use(await sendCustomers(addresses, options.rate)),
    outbox: resources.use(watchOutbox(addresses.services.order)),
    timeline: resources.use(createTimeline(io, options)),
    signal,
  };
  await rehearse(plan, stage, io);
  const verdict = await judge(stage, options);
  if (!options.json) await io.out('');
  const lines = options.json ? [JSON.stringify({ verdict })] : renderVerdict(verdict, io.paint);
  for (const line of lines) await io.out(line);
  return verdict.sound;
}

/** Chooses whom it hits. @throws DrillRefusedError: the cluster is not whole */
async function prepare(
  kind: DrillKind,
  client: KafkaClient,
  dir: string,
  signal: AbortSignal,
): Promise<{ nodes: RestoringNodes; plan: Plan }> {
  const run = await findRun(dir);
  await using cluster = await watchCluster(client, topics);
  const dedicated = cluster.quorum?.voters.some(({ id }) => id > BROKER_IDS) ?? false;
  const nodes = restoring(
    run ? await sandboxNodes(run) : await composeNodes(dedicated ? 'dedicated' : 'combined'),
  );
  try {
    return { nodes, plan: await planFor(kind, nodes, cluster, signal) };
  } catch (error) {
    await nodes[Symbol.asyncDispose]();
    throw error;
  }
}

/** Plays the plan. Whatever happens in it, nobody is left dead. */
async function rehearse(plan: Plan, stage: Stage, io: Io): Promise<void> {
  try {
    await untilFlowing(stage, performance.now());
    await play(plan, stage);
  } finally {
    await bringBack(stage.nodes, io);
  }
}

async function planFor(
  kind: DrillKind,
  nodes: RestoringNodes,
  cluster: ClusterWatch,
  signal: AbortSignal,
): Promise<Plan> {
  const quorum = await wholeCluster(cluster, nodes, signal);
  return planOf(kind, {
    kafka: nodes.kafka,
    nodes: nodes.all,
    controller: quorum.leader,
    term: quorum.epoch,
    partitions: cluster.partitions,
  });
}

/** Waits until the drill's own records and orders get through. */
async function untilFlowing({ customers, probing, following, signal }: Stage, since: number): Promise<void> {
  const deadline = performance.now() + WARM_UP_MS;
  const flows = () =>
    customers.accepted.length >= FIRST_ORDERS &&
    customers.accepted.some(({ orderId }) => following.knows(orderId)) &&
    probing.writesSince(since) &&
    probing.readsSince(since);
  while (!flows()) {
    signal.throwIfAborted();
    if (performance.now() > deadline)
      throw new DrillRefusedError(
        `No order got through within ${WARM_UP_MS / 1_000} s, so nothing was broken. ${customers.refused.why ?? 'See how Brew is with: npx brew status'}`,
      );
    await delay(100, signal);
  }
}

/** Starts what the drill has ended and not started again. */
async function bringBack(nodes: RestoringNodes, io: Io): Promise<void> {
  const { away } = nodes;
  if (away.length === 0) return;
  io.note(`brew: The drill ended early. Starting ${away.join(' and ')} again …`);
  const results = await Promise.allSettled(away.map((name) => nodes.start(name)));
  for (const result of results)
    if (result.status === 'rejected') io.note(`brew: ${(result.reason as Error).message}`);
  io.note(
    nodes.away.length === 0
      ? `brew: ${away.join(' and ')} runs again.`
      : `brew: ${nodes.away.join(' and ')} did not start. ${nodes.ifKilled(nodes.away)}`,
  );
}
