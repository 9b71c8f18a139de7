import { BrewError } from '@brew/events';
import { createFollower, type ReceivedRecord } from '@brew/kafka';
import { createUnknownTypes, type Part, type ServiceContext } from '@brew/service';
import type { Seen } from '../store/seen.ts';
import { onOrderPlaced } from './onOrderPlaced.ts';

const sources = [onOrderPlaced];
const sourceOf = new Map(sources.map((source) => [source.type.type, source]));
const compacted = new Set(
  sources.flatMap(({ type: { topic } }) =>
    topic.config['cleanup.policy'] === 'compact' ? [topic.name] : [],
  ),
);

/**
 * Reads all partitions of the topics into the memory of this instance. Instances share nothing and know nothing of each other, and
 * no offsets are committed.
 */
export function followEvents(context: ServiceContext, seen: Seen): Part {
  const { client, codec, log } = context;
  const unknownTypes = createUnknownTypes(context);
  let caughtUp = false;

  async function take(record: ReceivedRecord): Promise<void> {
    if (record.value === null) {
      // A tombstone: on a compacted topic it takes its key away. Elsewhere it is nothing.
      if (record.key !== null && compacted.has(record.topic)) seen.forget(record.key);
      return;
    }
    const type = record.headers.ce_type;
    const source = type === undefined ? undefined : sourceOf.get(type);
    if (type !== undefined && source === undefined) return unknownTypes.note(record.topic, type);
    // What has no type is no event, which decoding tells.
    const event = await codec.decode(record);
    if (source) seen.see(source.sightingOf(event));
  }

  const follower = createFollower({
    client,
    name: 'loyalty',
    topics: [...new Set(sources.map(({ type }) => type.topic.name))],
    from: 'beginning',
    log,
    async onRecords(records) {
      for (const record of records) {
        try {
          await take(record);
        } catch (error) {
          // The registry is away: the follower hands these records on again.
          if (error instanceof BrewError && error.retryable) throw error;
          const { topic, partition, offset } = record;
          log.error({ err: error, topic, partition, offset: String(offset) }, 'skipped what can not be read');
        }
      }
    },
  });

  return {
    name: 'follower',
    mayComeLater: true,
    async start(signal) {
      await follower.start(signal);
      void follower.whenCaughtUp().then(() => {
        caughtUp = true;
      });
    },
    stop: () => follower.stop(),
    health() {
      if (follower.lastError instanceof Error) return { up: false, detail: follower.lastError.message };
      return caughtUp ? { up: true } : { up: false, detail: 'still reads what there is' };
    },
  };
}
