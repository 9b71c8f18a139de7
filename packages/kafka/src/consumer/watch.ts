import type { ReceivedRecord } from '../record.ts';

type Process = (records: ReceivedRecord[]) => Promise<void>;

/**
 * Notices a call of `process` that doesn't come back within `limitMs`. The group wouldn't: signs of life come from a timer, so a member that
 * hangs would keep its partitions for ever.
 */
export function watch(
  process: Process,
  limitMs: number,
): { process: Process; hanging(): string | undefined } {
  const calls = new Map<ReceivedRecord[], number>();
  return {
    async process(records) {
      calls.set(records, Date.now());
      try {
        await process(records);
      } finally {
        calls.delete(records);
      }
    },
    hanging() {
      for (const [[first], since] of calls) {
        if (first && Date.now() - since > limitMs) {
          const { topic, partition, offset } = first;
          return (
            `\`process\` took longer than sessionTimeoutMs (${limitMs} ms) with the records from ${topic}/${partition}, offset ${offset} on. ` +
            'They come again: do less at a time (maxRecords), or raise sessionTimeoutMs'
          );
        }
      }
      return undefined;
    },
  };
}
