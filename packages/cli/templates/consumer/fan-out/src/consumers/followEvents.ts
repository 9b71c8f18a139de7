import { BrewError } from '@brew/events';
import { createFollower, type ReceivedRecord } from '@brew/kafka';
import type { Part, ServiceContext } from '@brew/service';
import type { Seen } from '../store/seen.ts';
import { onOrderPlaced } from './onOrderPlaced.ts';

const sources = [onOrderPlaced];
const sourceOf = new Map(sources.map((source) => [source.type.type, source]));

/**
 * Reads all partitions of the topics into the memory of this instance. Instances share nothing and know nothing of each other, and
 * no offsets are committed.
 */
export function followEvents({ client, codec, log }: ServiceContext, seen: Seen): Part {
  let caughtUp = false;

  async function take(record: ReceivedRecord): Promise<void> {
    const source = sourceOf.get(record.headers.ce_type ?? '');
    if (source === undefined || record.value === null) return;
    seen.see(source.sightingOf(await codec.decode(record)));
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
