import { setTimeout as delay } from 'node:timers/promises';
import { apiKeys, createFaults, type FaultRule } from '@brew/kafka/testing';
import { type Scenario, underLoad } from '../scenario.ts';

// A network that fails between a client and its brokers, at random.

/** What producers and members ask for again and again, and while they join. */
const ASKED = [
  apiKeys.Produce,
  apiKeys.Fetch,
  apiKeys.OffsetCommit,
  apiKeys.JoinGroup,
  apiKeys.SyncGroup,
  apiKeys.Heartbeat,
  apiKeys.ConsumerGroupHeartbeat,
  apiKeys.FindCoordinator,
  apiKeys.Metadata,
];
const LASTS_MS = 15_000;

const faulty = (name: string, title: string, rule: Pick<FaultRule, 'chance' | 'fault'>): Scenario => ({
  name,
  title,
  play: (cast) =>
    underLoad(cast, { faulty: true }, async () => {
      const { stages, random, say } = cast;
      const seed = Math.floor(random() * 2 ** 32);
      for (const { network } of stages) network.fault = createFaults(seed, [{ apis: ASKED, ...rule }]);
      await delay(LASTS_MS);
      for (const { network } of stages) network.fault = () => undefined;
      const struck = stages.map(({ network }) => Object.values(network.struck).reduce((a, b) => a + b, 0));
      say(`answers struck: ${struck.join(', ')}`);
    }),
});

export const lostAnswers = faulty('lost', 'one answer in 20 is lost, and its connection with it', {
  chance: 0.05,
  fault: 'lose',
});
export const halvedAnswers = faulty('halved', 'one answer in 20 is cut in half, and its connection with it', {
  chance: 0.05,
  fault: 'halve',
});
export const delayedAnswers = faulty('delayed', 'one answer in 10 comes 0.1 to 2 s later', {
  chance: 0.1,
  fault: { delay: [100, 2_000] },
});
