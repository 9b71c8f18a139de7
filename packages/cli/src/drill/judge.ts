import { delay } from '@brew/kafka';
import type { Stage } from './stage.ts';
import { type Verdict, verdictOf } from './verdict.ts';

/** How many more orders are accepted once the cluster is whole again. */
const LAST_ORDERS = 3;

/** Lets the customers go, waits until their orders have ended, and says what became of them. */
export async function judge(stage: Stage, { patienceMs }: { patienceMs: number }): Promise<Verdict> {
  const { customers, following, cluster, signal } = stage;
  const healed = customers.accepted.length + LAST_ORDERS;
  const deadline = performance.now() + patienceMs;
  const until = async (fact: () => boolean) => {
    while (!fact() && performance.now() < deadline && following.failure === undefined) {
      signal.throwIfAborted();
      await delay(100, signal);
    }
  };
  await until(() => customers.accepted.length >= healed);
  await customers.close();
  await until(() => customers.accepted.every(({ orderId }) => following.ends.has(orderId)));
  if (following.failure !== undefined) throw following.failure;
  const accepted = customers.accepted.map(({ orderId }) => orderId);
  const whole = cluster.partitions.every(({ inSync, replicas }) => inSync.length === replicas.length);
  return verdictOf(accepted, following.ends, following.breaches(), {
    refused: customers.refused.count,
    whole,
  });
}
