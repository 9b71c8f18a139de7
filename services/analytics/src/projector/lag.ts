import type { Reader } from '@brew/kafka/reader';
import type { Logger } from 'pino';
import type { Position } from '../build/positions.ts';

/** A write to Kafka each, which only onlookers need. */
const EVERY_MS = 1_000;

/**
 * Puts down in Kafka how far a group is, at most once a second, for those who look at its lag. Nobody begins to read from there: the
 * positions that count are in PostgreSQL.
 */
export function createLagReport({
  reader,
  group,
  log,
}: {
  reader: Pick<Reader, 'commit'>;
  group: string;
  log: Logger;
}) {
  let latest: readonly Position[] = [];
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;

  const commitSoon = () => {
    if (!stopped) timer ??= setTimeout(() => void commit(), EVERY_MS);
  };

  async function commit(): Promise<void> {
    timer = undefined;
    try {
      await reader.commit(group, latest);
    } catch (error) {
      log.debug({ err: error }, 'Kafka was not told how far the projections are');
      // Perhaps nothing comes for a long time that would have it told again.
      commitSoon();
    }
  }

  return {
    note(positions: readonly Position[]): void {
      latest = positions;
      commitSoon();
    },
    stop(): void {
      stopped = true;
      clearTimeout(timer);
    },
  };
}
