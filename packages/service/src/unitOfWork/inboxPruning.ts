import { BrewError } from '@brew/events';
import type { KafkaClient } from '@brew/kafka';
import { createInspector, type TopicSetting } from '@brew/kafka/inspect';
import { type Database, pruneInbox } from '@brew/postgres';
import { type Worker, worker } from '../lifecycle/worker.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const EVERY_MS = 10 * 60 * 1000;
const BATCH = 5_000;

export interface InboxPruningOptions {
  db: Pick<Database, 'query'>;
  client: KafkaClient;
  /** Names of all topics that the events come from. */
  topics: readonly string[];
}

/**
 * Forgets events that no topic can hold any more. Until then they can come again, if only because somebody sets the group's offsets
 * back to the beginning. How long topics hold their records is asked of the cluster each time: it may have been changed there.
 */
export function inboxPruning({ db, client, topics }: InboxPruningOptions): Worker {
  return worker({
    name: 'inbox-pruning',
    everyMs: EVERY_MS,
    async run() {
      const keepMs = await heldForMs(client, topics);
      return Number.isFinite(keepMs) && (await pruneInbox(db, keepMs, BATCH)) === BATCH;
    },
  });
}

/** The longest of these topics; for good while Kafka does not say, for there is no hurry. */
async function heldForMs(client: KafkaClient, topics: readonly string[]): Promise<number> {
  await using inspector = createInspector({ client });
  try {
    const settings = await inspector.settings(topics);
    return Math.max(...topics.map((topic) => longestLifeMs(settings.get(topic) ?? [])));
  } catch (error) {
    if (error instanceof BrewError) return Number.POSITIVE_INFINITY;
    throw error;
  }
}

/**
 * How long a record can be in a topic with these settings, in milliseconds. Brokers delete whole segments, by the time of their last
 * record, and never the one that is written to, which lasts for segment.ms; a day on top covers when they look. A compacted
 * topic keeps the last record of each key for good, unless it deletes as well.
 */
export function longestLifeMs(settings: readonly Pick<TopicSetting, 'name' | 'value'>[]): number {
  const settingOf = (name: string) => settings.find((setting) => setting.name === name)?.value ?? '';
  const retentionMs = Number(settingOf('retention.ms') || -1);
  const deletes = settingOf('cleanup.policy').split(',').includes('delete');
  if (!deletes || retentionMs < 0) return Number.POSITIVE_INFINITY;
  return retentionMs + Number(settingOf('segment.ms')) + DAY_MS;
}
