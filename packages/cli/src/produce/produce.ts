import { text } from 'node:stream/consumers';
import { type EventType, topics } from '@brew/events';
import { type Codec, createCodec, createProducer, type Placement } from '@brew/kafka';
import { createInspector } from '@brew/kafka/inspect';
import { pino } from 'pino';
import type { ClusterWithRegistry } from '../cluster.ts';
import { clientOf } from '../clusterClient.ts';
import { ArgumentInvalidError, RequestFailedError } from '../errors.ts';
import type { Io } from '../io.ts';
import { counted } from '../text/format.ts';
import { encodeDrafts, typesOf } from './encodeDrafts.ts';
import { type Draft, eventNamed, fromValue, type InputRules, parseLinesOf } from './parseInput.ts';

export interface ProduceOptions {
  key?: string;
  /** Left out: a record of each line that comes in. */
  value?: string;
  /** No value: removes the key on a compacted topic. */
  tombstone?: boolean;
  /** Name of an event, whose data the value is. */
  type?: string;
  header?: Record<string, string>;
  input: 'text' | 'json';
  /** Text also where Brew's services expect events. */
  raw?: boolean;
  json?: boolean;
}

const REGISTRY_MS = 10_000;
const SEND_MS = 60_000;
/** After how long it says that it still waits. */
const PATIENCE_MS = 5_000;
const STILL_WAITING =
  'Not acknowledged yet: trying for up to a minute. `npx brew topics NAME` shows its leaders and replicas.';

/**
 * Writes records: all of them, once all of them are found to be in order.
 * @param input what to read lines from
 * @throws ArgumentInvalidError, TopicMissingError, RequestFailedError, SendFailedError
 */
export async function produce(
  topic: string,
  options: ProduceOptions,
  cluster: ClusterWithRegistry,
  io: Io,
  signal: AbortSignal,
  input: NodeJS.ReadableStream = process.stdin,
): Promise<void> {
  const log = pino({ level: 'silent' });
  const client = clientOf(cluster, 'brew-produce');
  const drafts = await draftsOf(options, input, io);
  if (drafts.length === 0)
    throw new ArgumentInvalidError('There is nothing to write.', 'Give --value, or a record a line.');
  for (const draft of drafts) assertWelcome(topic, draft, options);
  await using inspector = createInspector({ client });
  await inspector.topics([topic]);

  const types = typesOf(drafts);
  const codec = types.length > 0 ? await codecFor(types, cluster.registryUrl) : undefined;
  const records = encodeDrafts(topic, drafts, codec, new Date());
  const placements: Placement[] = [];
  await using producer = createProducer({ client, log, onPlaced: (placed) => placements.push(...placed) });
  const enough = AbortSignal.any([signal, AbortSignal.timeout(SEND_MS)]);
  const waiting = setTimeout(() => io.note(STILL_WAITING), PATIENCE_MS);
  try {
    await producer.start(enough);
    await producer.send(records, { signal: enough });
  } finally {
    clearTimeout(waiting);
  }
  await io.out(
    options.json
      ? placedJson(topic, records.length, placements)
      : placedText(topic, records.length, placements),
  );
}

async function draftsOf(options: ProduceOptions, input: NodeJS.ReadableStream, io: Io): Promise<Draft[]> {
  const { key, value, tombstone, header: headers = {} } = options;
  const type = options.type === undefined ? undefined : eventNamed(options.type);
  const rules: InputRules = {
    ...(key !== undefined && { key }),
    headers,
    ...(type && { type }),
    objects: options.input === 'json',
  };
  if (tombstone) {
    if (key === undefined)
      throw new ArgumentInvalidError('--tombstone removes a key.', 'Give it: --key KEY.');
    return [{ where: 'it', key, headers, content: { kind: 'tombstone' } }];
  }
  if (value !== undefined)
    return rules.objects ? parseLinesOf(value, rules) : [fromValue(value, 'the value', rules)];
  if ('isTTY' in input && input.isTTY) io.note('A record a line; Ctrl-D ends it, and writes them.');
  return parseLinesOf(await text(input), rules);
}

/** Text among events stops nobody, but each consumer group has to park it. */
function assertWelcome(topic: string, { where, content }: Draft, { raw }: ProduceOptions): void {
  const declared = Object.values(topics).find(({ name }) => name === topic);
  if (!declared || raw) return;
  if (content.kind === 'tombstone') {
    if (declared.config['cleanup.policy'] === 'compact') return;
    throw new ArgumentInvalidError(
      `${topic} is not compacted: a tombstone removes nothing there, and is no event.`,
      'Give --raw to write it nevertheless.',
    );
  }
  const events: readonly string[] = declared.events;
  const name = content.kind === 'event' ? content.type.name : 'no event';
  if (events.includes(name)) return;
  throw new ArgumentInvalidError(
    `${where} is ${name}, and ${topic} carries ${events.join(', ')}.`,
    'Give its --type, or --raw to write it nevertheless: into the dead letters of every group that reads it.',
  );
}

async function codecFor(types: readonly EventType[], registryUrl: string | undefined): Promise<Codec> {
  if (registryUrl === undefined) {
    throw new ArgumentInvalidError(
      'Events are written with the schemas of a registry.',
      'Name it: --registry URL.',
    );
  }
  const codec = createCodec({ registryUrl, log: pino({ level: 'silent' }) });
  try {
    await codec.prepare(types, AbortSignal.timeout(REGISTRY_MS));
  } catch (error) {
    const names = types.map(({ name }) => name).join(', ');
    throw new RequestFailedError(
      `The registry at ${registryUrl} does not answer, or has no schema of ${names}. Look at it; nothing was written.`,
      error,
    );
  }
  return codec;
}

const placedText = (topic: string, count: number, placements: readonly Placement[]): string =>
  `✔ ${counted(count, 'record')} on ${topic}: ${placements.map(({ partition, from, count }) => `partition ${partition}, offset ${count === 1 ? from : `${from} to ${from + BigInt(count) - 1n}`}`).join('; ')}`;

const placedJson = (topic: string, records: number, placements: readonly Placement[]): string =>
  JSON.stringify({
    topic,
    records,
    placements: placements.map(({ partition, from, count }) => ({ partition, offset: Number(from), count })),
  });
