import { seededRandom } from '@brew/kafka/testing';
import { type Cluster, offsetsPartitionOf } from './cluster.ts';
import type { Cast, Scenario } from './scenario.ts';
import { createStage, type Result } from './stage.ts';
import type { Subject } from './subjects.ts';

export interface RunOptions {
  cluster: Cluster;
  subjects: readonly Subject[];
  seed: number;
  /** The folder for what processes write to their standard error. */
  logs: string;
  say(what: string): void;
}

/** Plays one scenario for all subjects at the same time, on topics and groups of their own. The cluster is whole before and after it. */
export async function run(
  scenario: Scenario,
  { cluster, subjects, seed, logs, say }: RunOptions,
): Promise<Result[]> {
  const id = `${scenario.name}-${Date.now().toString(36)}`;
  const stages = await Promise.all(
    subjects.map(async (subject) => {
      const topic = `clients.${id}.${subject.name}`;
      const partitions = scenario.partitions ?? 6;
      await cluster.makeTopic(topic, partitions);
      return createStage({
        scenario,
        subject,
        cluster,
        topic,
        partitions,
        group: groupNameOf(topic),
        logs,
      });
    }),
  );
  const cast: Cast = { stages, cluster, random: seededRandom(seed), say };
  try {
    await scenario.play(cast);
    await Promise.all(stages.map((stage) => stage.settle(scenario.patienceMs)));
    return await Promise.all(stages.map((stage) => stage.close()));
  } finally {
    // Also of what was given up: nothing of it goes on beside the next one.
    await Promise.all(stages.map((stage) => stage.close()));
    await cluster.untilWhole();
    await Promise.all(stages.map(({ topic }) => cluster.removeTopic(topic)));
  }
}

/** All groups have the same coordinator, so that it dies for all of them. */
function groupNameOf(topic: string): string {
  for (let i = 0; ; i++) {
    const name = `${topic}.${i}`;
    if (offsetsPartitionOf(name) === 0) return name;
  }
}
