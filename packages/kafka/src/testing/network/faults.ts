import { seededRandom } from './seededRandom.ts';

/** Numbers of requests that tests have something to do with. @see https://kafka.apache.org/protocol#protocol_api_keys */
export const apiKeys = {
  Produce: 0,
  Fetch: 1,
  ListOffsets: 2,
  Metadata: 3,
  OffsetCommit: 8,
  OffsetFetch: 9,
  FindCoordinator: 10,
  JoinGroup: 11,
  Heartbeat: 12,
  SyncGroup: 14,
  InitProducerId: 22,
  AddPartitionsToTxn: 24,
  AddOffsetsToTxn: 25,
  EndTxn: 26,
  TxnOffsetCommit: 28,
  ConsumerGroupHeartbeat: 68,
} as const;

/**
 * What becomes of a request, or of the answer to it. But for `swallow`, the broker has done what was asked.
 * - `lose`: the connection ends in the place of the answer.
 * - `halve`: half of the answer comes, then the connection ends.
 * - `delay`: the answer comes `ms` milliseconds later, and behind it all that follows on its connection.
 * - `throttle`: the answer comes at `bytesPerSecond`, and behind it all that follows on its connection.
 * - `swallow`: the request never gets to the broker. The connection stays: nothing but its own clock tells the client.
 */
export type Fault =
  | { kind: 'lose' | 'halve' | 'swallow' }
  | { kind: 'delay'; ms: number }
  | { kind: 'throttle'; bytesPerSecond: number };

/** How often what happens to which requests. */
export interface FaultRule {
  /** See apiKeys; left out: all. */
  apis?: readonly number[];
  /** Of a request to be struck: 0 is never, 1 is always. */
  chance: number;
  /** `delay`: from the first to the second number of milliseconds. `throttle`: bytes a second. */
  fault: 'lose' | 'halve' | 'swallow' | { delay: readonly [number, number] } | { throttle: number };
}

/**
 * Decides about requests one after another, as Network.fault wants it. The first rule that is about a request, and by chance strikes it, counts.
 * The same seed decides the same for the same requests in the same order; a client that asks at other moments is struck at others.
 */
export function createFaults(
  seed: number,
  rules: readonly FaultRule[],
): (apiKey: number) => Fault | undefined {
  const random = seededRandom(seed);
  return (apiKey) => {
    for (const { apis, chance, fault } of rules) {
      if (apis && !apis.includes(apiKey)) continue;
      if (random() < chance) return faultOf(fault, random);
    }
    return undefined;
  };
}

function faultOf(fault: FaultRule['fault'], random: () => number): Fault {
  if (typeof fault === 'string') return { kind: fault };
  if ('throttle' in fault) return { kind: 'throttle', bytesPerSecond: fault.throttle };
  const [least, most] = fault.delay;
  return { kind: 'delay', ms: least + random() * (most - least) };
}
