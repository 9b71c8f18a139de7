import { createInspector } from '@brew/kafka/inspect';
import type { ClusterAddress } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import type { Io } from '../io.ts';
import { notAllTold } from '../text/format.ts';
import { renderTopic, renderTopics } from './renderTopics.ts';
import { allTold, topicReport } from './topicReport.ts';

export interface TopicsOptions {
  json?: boolean;
  /** Kafka's own topics, too. */
  all?: boolean;
}

/**
 * Shows all topics, or one with its partitions and settings.
 * @returns whether everything was told that there is to tell
 * @throws TopicMissingError, BrokerUnavailableError, ReadRefusedError
 */
export async function topics(
  name: string | undefined,
  options: TopicsOptions,
  cluster: ClusterAddress,
  io: Io,
): Promise<boolean> {
  const client = clientOf(cluster, 'brew-topics');
  await using inspector = createInspector({ client });
  const found = await inspector.topics(name === undefined ? undefined : [name]);
  const wanted = found.filter(({ internal }) => name !== undefined || options.all || !internal);
  const [ranges, sizes, settings] = await Promise.all([
    inspector.offsets(wanted),
    inspector.sizes(wanted),
    name === undefined ? undefined : inspector.settings([name]),
  ]);
  const reports = wanted.map((topic) => topicReport(topic, { ranges, sizes, ...(settings && { settings }) }));
  const [one] = reports;
  const lines =
    name !== undefined && one
      ? options.json
        ? [JSON.stringify(one, null, 2)]
        : renderTopic(one, io.columns(), io.paint)
      : options.json
        ? [JSON.stringify(reports, null, 2)]
        : renderTopics(reports, io.columns(), io.paint);
  for (const line of lines) await io.out(line);
  const complete = reports.every(allTold);
  if (!complete) io.note(notAllTold(inspector.silent));
  return complete;
}
