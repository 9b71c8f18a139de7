import type { TopicDeclaration } from '@brew/events';
import type { TopicDescription, TopicOutcome } from '../admin.ts';
import { delay } from '../delay.ts';
import { TopicRefusedError } from '../errors.ts';
import { topicSettings } from '../inspect/settings.ts';
import { describePartitions } from '../inspect/topics.ts';
import type { Brokers } from '../wire/brokers.ts';
import { createTopicsV7 } from '../wire/protocol.ts';
import { answerOf, isPassing, nameOf } from '../wire/protocolErrors.ts';

/** Creates the topics that are missing and reports, for the others, how they differ from their declaration. */
export async function ensureTopics(
  brokers: Brokers,
  declarations: readonly TopicDeclaration[],
  replicationFactor: number | undefined,
): Promise<TopicOutcome[]> {
  const declared = declarations.map((topic) => ({
    ...topic,
    replicationFactor: replicationFactor ?? topic.replicationFactor,
  }));
  const created = new Set<string>();
  const differences = await untilKnown(async () => {
    const others = () => declared.filter(({ name }) => !created.has(name));
    for (const name of await create(brokers, others())) created.add(name);
    await untilLed(brokers, [...created]);
    return await differencesOf(brokers, others());
  });
  return declared.map(({ name }) => {
    const found = differences.get(name) ?? [];
    const outcome = created.has(name) ? 'created' : found.length > 0 ? 'differs' : 'exists';
    return { topic: name, outcome, differences: found };
  });
}

/** Reports which topics are missing, and how the others differ from their declaration. Changes nothing. */
export async function compareTopics(
  brokers: Brokers,
  declared: readonly TopicDeclaration[],
): Promise<TopicOutcome[]> {
  const existing = await partitionsOf(brokers);
  const differences = await differencesOf(
    brokers,
    declared.filter(({ name }) => existing.has(name)),
  );
  return declared.map(({ name }) => {
    const found = differences.get(name) ?? [];
    const outcome = !existing.has(name) ? 'missing' : found.length > 0 ? 'differs' : 'exists';
    return { topic: name, outcome, differences: found };
  });
}

/** How long the brokers may take to create topics. */
const CREATED_MS = 10_000;

/**
 * Asks for all of them: which ones there are, the controller alone knows. A broker may also list some that it has not heard yet are deleted.
 * @returns those that were created
 */
async function create(brokers: Brokers, declared: readonly Declared[]): Promise<string[]> {
  if (declared.length === 0) return [];
  // One broker alone: whoever is asked second would find them there.
  const connection = await brokers.ask('find a broker', async (found) => found);
  const asked = declared.map(({ name, partitions, replicationFactor, config }) => ({
    ...{ name, numPartitions: partitions, replicationFactor, assignments: [] },
    configs: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  }));
  const { topics } = await answerOf(createTopicsV7.api.async(connection, asked, CREATED_MS, false));
  for (const { name, errorCode, errorMessage } of topics) {
    if (errorCode === 0 || nameOf(errorCode) === 'TOPIC_ALREADY_EXISTS') continue;
    // Who may create none is not told which ones there are.
    if (nameOf(errorCode) === 'TOPIC_AUTHORIZATION_FAILED' && (await partitionsOf(brokers, [name])).has(name))
      continue;
    if (isPassing(errorCode)) throw new NotKnownYetError(name);
    throw new TopicRefusedError(
      'create',
      name,
      `${nameOf(errorCode)}${errorMessage ? `, ${errorMessage}` : ''}`,
    );
  }
  return topics.filter(({ errorCode }) => errorCode === 0).map(({ name }) => name);
}

/** A broker has not heard of a topic: metadata reach each broker in its own time, and each question goes to any of them. */
class NotKnownYetError extends Error {
  constructor(topic: string) {
    super(`${topic} is not known to every broker yet`);
  }
}

const KNOWN_MS = 30_000;

async function untilKnown<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  for (const deadline = Date.now() + KNOWN_MS; ; await delay(100)) {
    try {
      return await ask();
    } catch (error) {
      if (!isNotKnownYet(error) || Date.now() > deadline) throw error;
    }
  }
}

const isNotKnownYet = (error: unknown): boolean =>
  error instanceof NotKnownYetError ||
  (error instanceof Error && /UNKNOWN_TOPIC_OR_PARTITION/.test(error.message));

/** Waits until every partition has a leader. */
async function untilLed(brokers: Brokers, names: string[]): Promise<void> {
  if (names.length === 0) return;
  for (const deadline = Date.now() + KNOWN_MS; ; await delay(100)) {
    const topics = await partitionsOf(brokers, names);
    const isLed = (name: string) => topics.get(name)?.every(({ leader }) => leader >= 0);
    if (names.every(isLed)) return;
    if (Date.now() > deadline) throw new Error(`no leader yet for every partition of ${names.join(', ')}`);
  }
}

/** The partitions of topics, by name; of all, or of those of the named ones that there are. */
export async function partitionsOf(
  brokers: Brokers,
  names?: readonly string[],
): Promise<Map<string, TopicDescription['partitions']>> {
  if (names?.length === 0) return new Map();
  const topics = await describePartitions(brokers, names);
  return new Map(
    topics.map(({ name, partitions }) => [
      name,
      partitions.map(({ leader = -1, ...each }) => ({ ...each, leader })),
    ]),
  );
}

type Declared = Omit<TopicDeclaration, 'replicationFactor'> & { replicationFactor: number };

async function differencesOf(brokers: Brokers, declared: Declared[]): Promise<Map<string, string[]>> {
  const differences = new Map<string, string[]>();
  if (declared.length === 0) return differences;
  const names = declared.map(({ name }) => name);
  const [topics, settings] = [await partitionsOf(brokers, names), await topicSettings(brokers, names)];
  for (const { name, partitions, replicationFactor, config } of declared) {
    const actual = topics.get(name);
    if (!actual) throw new NotKnownYetError(name);
    const found: string[] = [];
    if (actual.length !== partitions)
      found.push(`it has ${actual.length} partitions, declared are ${partitions}`);
    const replicas = actual[0]?.replicas.length ?? 0;
    if (replicas !== replicationFactor)
      found.push(`it has ${replicas} replicas, declared are ${replicationFactor}`);
    for (const [key, value] of Object.entries(config)) {
      const setting = settings.get(name)?.find((each) => each.name === key)?.value;
      if (setting !== value) found.push(`its ${key} is ${setting}, declared is ${value}`);
    }
    differences.set(name, found);
  }
  return differences;
}
