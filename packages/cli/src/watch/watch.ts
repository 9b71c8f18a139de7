import { bridges, topics } from '@brew/events';
import {
  type Codec,
  createAdmin,
  createCodec,
  createFollower,
  createKafkaClient,
  type ReceivedRecord,
  type SteppedOver,
} from '@brew/kafka';
import { pino } from 'pino';
import type { Addresses } from '../addresses.ts';
import { ArgumentInvalidError } from '../errors.ts';
import type { Io } from '../io.ts';
import { eventJson, renderEvent, shortened, type WatchedRecord } from './renderEvent.ts';

export interface WatchOptions {
  /** Full names; left out: all topics of events. */
  topic?: string[];
  /** Names of events, such as OrderPlaced. */
  type?: string[];
  /** An order id, or its end; of the menu's topic, a sku. */
  order?: string;
  from: 'beginning' | 'now';
  json?: boolean;
}

/** Shows every event that passes the filters, until the signal is aborted. Reads beside all consumers: it moves no offset. */
export async function watch(
  options: WatchOptions,
  addresses: Addresses,
  io: Io,
  signal: AbortSignal,
): Promise<void> {
  const log = pino({ level: 'silent' });
  const client = createKafkaClient({ brokers: addresses.brokers, clientId: 'brew-watch', log });
  const codec = createCodec({ registryUrl: addresses.registryUrl, log, signal });
  const wanted = options.topic ?? Object.values(topics).map(({ name }) => name);

  // It would wait for a topic that is missing, and look as if nothing happened in it.
  const bridge = bridges.find(({ target }) => wanted.includes(target.name));
  if (bridge) {
    await using admin = createAdmin({ client, log });
    const names = (await admin.describeTopics()).map(({ name }) => name);
    if (!names.includes(bridge.target.name)) {
      throw new ArgumentInvalidError(
        `There is no ${bridge.target.name} yet.`,
        `Make it with: npx brew bridge ${bridge.source.name} ${bridge.target.name}`,
      );
    }
  }

  await using follower = createFollower({
    client,
    name: 'brew-watch',
    topics: wanted,
    from: options.from,
    log,
    async onRecords(records) {
      for (const record of records) {
        if (signal.aborted) return;
        if (!passes(record, options)) continue;
        const watched = await decode(codec, record);
        if (signal.aborted) return;
        await io.out(options.json ? eventJson(watched) : renderEvent(watched, io.columns(), io.paint));
      }
    },
    onSteppedOver: (over) => io.note(steppedOver(over)),
  });
  const begun = follower.start(signal);
  begun.catch(() => {}); // aborted
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function steppedOver({ topic, partition, firstOffset, lastOffset, error }: SteppedOver): string {
  const why = error instanceof Error ? error.message : String(error);
  return `brew: Stepped over ${topic}, partition ${partition}, offsets ${firstOffset} to ${lastOffset}: ${shortened(why, 500)}`;
}

/** Looks at key and headers alone: what is not wanted is not decoded. */
function passes(record: ReceivedRecord, { type, order }: Pick<WatchOptions, 'type' | 'order'>): boolean {
  if (order !== undefined && !record.key?.endsWith(order)) return false;
  return type === undefined || type.includes((record.headers.ce_type ?? '').split('.').at(-1) ?? '');
}

async function decode(codec: Codec, record: ReceivedRecord): Promise<WatchedRecord> {
  if (record.value === null) return { record, event: undefined };
  try {
    return { record, event: await codec.decode(record) };
  } catch (error) {
    return { record, event: undefined, problem: error instanceof Error ? error.message : String(error) };
  }
}
