import type { TopicDeclaration } from '@brew/events';
import kafkajs, { type Admin as KafkaAdmin } from 'kafkajs';
import type { TopicOutcome } from '../admin.ts';
import { delay } from '../delay.ts';
import { kafkaErrorTypeOf } from '../errors.ts';

/** Creates the topics that are missing and reports, for the others, how they differ from their declaration. */
export async function ensureTopics(
  admin: KafkaAdmin,
  declarations: readonly TopicDeclaration[],
  replicationFactor: number | undefined,
): Promise<TopicOutcome[]> {
  const declared = declarations.map((topic) => ({
    ...topic,
    replicationFactor: replicationFactor ?? topic.replicationFactor,
  }));
  const created = new Set<string>();
  // From the start each time: a broker may also list topics that it has not heard yet are deleted.
  const differences = await untilKnown(async () => {
    const existing = new Set(await admin.listTopics());
    const missing = declared.filter(({ name }) => !existing.has(name) && !created.has(name));
    if (await create(admin, missing)) for (const { name } of missing) created.add(name);
    await untilLed(
      admin,
      missing.map(({ name }) => name),
    );
    return await differencesOf(
      admin,
      declared.filter(({ name }) => !created.has(name)),
    );
  });
  return declared.map(({ name }) => {
    const found = differences.get(name) ?? [];
    const outcome = created.has(name) ? 'created' : found.length > 0 ? 'differs' : 'exists';
    return { topic: name, outcome, differences: found };
  });
}

/** Reports which topics are missing, and how the others differ from their declaration. Changes nothing. */
export async function compareTopics(
  admin: KafkaAdmin,
  declared: readonly TopicDeclaration[],
): Promise<TopicOutcome[]> {
  const existing = new Set(await admin.listTopics());
  const differences = await differencesOf(
    admin,
    declared.filter(({ name }) => existing.has(name)),
  );
  return declared.map(({ name }) => {
    const found = differences.get(name) ?? [];
    const outcome = !existing.has(name) ? 'missing' : found.length > 0 ? 'differs' : 'exists';
    return { topic: name, outcome, differences: found };
  });
}

/** @returns whether all were created; not if somebody else did it meanwhile, or the broker that listed them was behind */
async function create(admin: KafkaAdmin, missing: readonly Declared[]): Promise<boolean> {
  if (missing.length === 0) return false;
  return await admin.createTopics({
    waitForLeaders: false,
    topics: missing.map(({ name, partitions, replicationFactor, config }) => ({
      topic: name,
      numPartitions: partitions,
      replicationFactor,
      configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
    })),
  });
}

const KNOWN_MS = 30_000;

/**
 * Asks again while the broker that is asked has not heard of a topic: the metadata reaches each broker in its own time,
 * and each question goes to any of them.
 */
async function untilKnown<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  const deadline = Date.now() + KNOWN_MS;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (kafkaErrorTypeOf(error) !== 'UNKNOWN_TOPIC_OR_PARTITION' || Date.now() > deadline) throw error;
    }
    await delay(100);
  }
}

/** Waits until every partition has a leader. kafkajs offers to, but gives up when a broker doesn't know the topic yet. */
async function untilLed(admin: KafkaAdmin, names: string[]): Promise<void> {
  if (names.length === 0) return;
  const deadline = Date.now() + KNOWN_MS;
  for (;;) {
    const { topics } = await untilKnown(() => admin.fetchTopicMetadata({ topics: names }));
    if (topics.every(({ partitions }) => partitions.every(({ leader }) => leader >= 0))) return;
    if (Date.now() > deadline) throw new Error(`no leader yet for every partition of ${names.join(', ')}`);
    await delay(100);
  }
}

type Declared = Omit<TopicDeclaration, 'replicationFactor'> & { replicationFactor: number };

async function differencesOf(admin: KafkaAdmin, declared: Declared[]): Promise<Map<string, string[]>> {
  const differences = new Map<string, string[]>();
  if (declared.length === 0) return differences;
  const names = declared.map(({ name }) => name);
  const { topics } = await admin.fetchTopicMetadata({ topics: names });
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    // By way of the default export: Node doesn't find this name among the exports of a CommonJS module.
    resources: names.map((name) => ({ type: kafkajs.ConfigResourceTypes.TOPIC, name })),
  });
  for (const { name, partitions, replicationFactor, config } of declared) {
    const found: string[] = [];
    const actual = topics.find((topic) => topic.name === name)?.partitions ?? [];
    if (actual.length !== partitions)
      found.push(`it has ${actual.length} partitions, declared are ${partitions}`);
    const replicas = actual[0]?.replicas.length ?? 0;
    if (replicas !== replicationFactor)
      found.push(`it has ${replicas} replicas, declared are ${replicationFactor}`);
    const settings = resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
    for (const [key, value] of Object.entries(config)) {
      const setting = settings.find(({ configName }) => configName === key)?.configValue;
      if (setting !== value) found.push(`its ${key} is ${setting}, declared is ${value}`);
    }
    differences.set(name, found);
  }
  return differences;
}
