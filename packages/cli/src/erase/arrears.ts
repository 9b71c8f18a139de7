import { setTimeout as sleep } from 'node:timers/promises';
import { topics } from '@brew/events';
import { createAdmin } from '@brew/kafka';
import { pino } from 'pino';
import type { Addresses } from '../addresses.ts';
import type { ClusterAddress } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import { askSummary, groupNamed } from '../dlq/groups.ts';
import { counted } from '../text/format.ts';

/** It learns names from OrderPlaced; order-service has them from its callers. */
const learner = 'kitchen';

/**
 * What may bring a name back after it was erased, a sentence each: records that are not read yet, and dead letters that wait.
 * @throws RequestFailedError, BrokerUnavailableError
 */
export async function arrears(
  { brokers, services }: Pick<Addresses, 'brokers' | 'services'>,
  signal: AbortSignal,
): Promise<string[]> {
  const [unread, { waiting }] = await Promise.all([
    unreadBy(learner, topics.orders.name, { brokers }, signal),
    askSummary(groupNamed(learner, { services }), signal),
  ]);
  return [
    ...(unread > 0
      ? [
          `${learner} has ${counted(unread, 'record')} of ${topics.orders.name} to read: erase once more when \`npx brew groups ${learner}\` says 0.`,
        ]
      : []),
    ...(waiting > 0
      ? [
          `${learner} has ${counted(waiting, 'dead letter')}: erase once more when \`npx brew dlq list ${learner}\` has none.`,
        ]
      : []),
  ];
}

/** A group that gets on has read by then what there was. */
const PATIENCE_MS = 10_000;

/** How many records of a topic, of those that are there now, a group has not read, also within some seconds from now. */
export async function unreadBy(
  group: string,
  topic: string,
  cluster: ClusterAddress,
  signal: AbortSignal,
  patienceMs = PATIENCE_MS,
): Promise<number> {
  await using admin = createAdmin({
    client: clientOf(cluster, 'brew-erase'),
    log: pino({ level: 'silent' }),
  });
  const offsets = await admin.topicOffsets(topic);
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const lags = (await admin.groupLag(group)).filter((lag) => lag.topic === topic);
    const unread = offsets.reduce((sum, { partition, earliest, latest }) => {
      const committed = lags.find((lag) => lag.partition === partition)?.committed ?? earliest;
      return committed < latest ? sum + Number(latest - committed) : sum;
    }, 0);
    if (unread === 0 || performance.now() > deadline) return unread;
    await sleep(500, undefined, { signal });
  }
}
