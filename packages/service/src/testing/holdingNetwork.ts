import { createNetwork } from '@brew/kafka/testing';

/**
 * Holds a process at a moment between two systems, so that it can be killed right there:
 * - offset-commits: nothing that it commits to Kafka ever leaves it;
 * - produce-answers: what it sends arrives, but it never hears so.
 */
export type Moment = 'offset-commits' | 'produce-answers';

/** See https://kafka.apache.org/protocol#protocol_api_keys */
const PRODUCE = 0;
const OFFSET_COMMIT = 8;

/** A network to Kafka, for createKafkaClient. It does what a network does, until hold(). */
export function createHoldingNetwork() {
  const network = createNetwork();
  let count = 0;
  const counting = (held: number) => (apiKey: number) => {
    if (apiKey === held) count += 1;
    return apiKey === held;
  };
  return {
    via: network.via,
    hold(moment: Moment) {
      if (moment === 'offset-commits') network.swallows = counting(OFFSET_COMMIT);
      else network.deafens = counting(PRODUCE);
    },
    /** How many requests were affected so far. */
    get count() {
      return count;
    },
  };
}
