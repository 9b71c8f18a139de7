import { setTimeout as delay } from 'node:timers/promises';
import type { Actor } from '../actor.ts';
import { idOf } from '../ledger.ts';
import { type Scenario, untilRecovered, untilWarm, within } from '../scenario.ts';
import type { Stage } from '../stage.ts';

// Members that come, go, stand still and are slow, while everybody writes and reads.

const SESSION_MS = 10_000;
/** With the protocol of KIP-848 the brokers say how long a session is: 45 s. */
const TAKEN_OVER_MS = 90_000;

/** Resolves when others have handled records of each partition that a member had. */
async function untilTakenOver({ members }: Stage, name: string): Promise<boolean> {
  const from = members.deeds.length;
  const his = new Set(
    members.deeds
      .slice(-2_000)
      .filter(({ by }) => by === name)
      .map(({ partition }) => partition),
  );
  return within(TAKEN_OVER_MS, () => {
    const others = members.deeds.slice(from).filter(({ by }) => by !== name);
    const theirs = new Set(others.map(({ partition }) => partition));
    return [...his].every((partition) => theirs.has(partition));
  });
}

export const frozen: Scenario = {
  name: 'frozen',
  title: 'SIGSTOP of a member until its session is over and others have its partitions, then SIGCONT',
  async play(cast) {
    const { stages, say } = cast;
    const sleepers = new Map<Stage, { name: string; from: number }>();
    await Promise.all(
      stages.map(async (stage) => {
        const sleeper = stage.join({ sessionTimeoutMs: SESSION_MS });
        const other = stage.join({ sessionTimeoutMs: SESSION_MS });
        await Promise.all([sleeper.ready, other.ready]);
        await stage.produce();
        await untilWarm([stage]);
        await delay(1_000 * cast.random());
        sleeper.signal('SIGSTOP');
        const begun = performance.now();
        const isOver = await untilTakenOver(stage, sleeper.name);
        const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
        const what = isOver ? 'taken over' : 'not taken over';
        say(`${stage.subject.title}: ${what} after ${seconds} s`);
        if (!isOver) stage.accuse(`nobody had taken over from a member ${seconds} s after it fell silent`);
        sleepers.set(stage, { name: sleeper.name, from: stage.members.deeds.length });
        sleeper.signal('SIGCONT');
      }),
    );
    await untilRecovered(cast);
    for (const [stage, { name, from }] of sleepers) {
      say(`${stage.subject.title}: ${staleDeeds(stage, name, from)} records handled again after waking`);
    }
  },
};

/** What a member has handled since then although others had already: what it had in hand when it fell asleep, at best. */
function staleDeeds({ members }: Stage, name: string, from: number): number {
  const before = new Set(
    members.deeds
      .slice(0, from)
      .filter(({ by }) => by !== name)
      .map(idOf),
  );
  return members.deeds.slice(from).filter((deed) => deed.by === name && before.has(idOf(deed))).length;
}

const ROUNDS = 10;
/** So long is waited for a member that has come to handle something, and for others to go on after one has left. */
const SHARE_MS = 15_000;

export const members: Scenario = {
  name: 'members',
  title: 'members 1 → 3 → 1, ten times',
  async play(cast) {
    const { stages, random, say } = cast;
    await Promise.all(
      stages.map(async (stage) => {
        await stage.join().ready;
        await stage.produce();
      }),
    );
    await untilWarm(stages);
    for (let round = 1; round <= ROUNDS; round++) {
      await Promise.all(
        stages.map(async (stage) => {
          const two = [stage.join(), stage.join()];
          await within(SHARE_MS, () => two.every((member) => hasHandled(stage, member)));
          await delay(1_000 * random());
          // At the same time, or one after the other.
          await Promise.all(two.map((member) => member.end(SHARE_MS)));
          const from = stage.members.deeds.length;
          await within(SHARE_MS, () => partitionsOf(stage, from) === 6);
        }),
      );
      say(`round ${round} of ${ROUNDS}`);
    }
    await untilRecovered(cast);
  },
};

const hasHandled = ({ members }: Stage, { name }: Actor) => members.deeds.some(({ by }) => by === name);
const partitionsOf = ({ members }: Stage, from: number) =>
  new Set(members.deeds.slice(from).map(({ partition }) => partition)).size;

export const warmCache: Scenario = {
  name: 'warm-cache',
  title: 'a slow member that has fetched ahead, and whose partitions are revoked',
  async play(cast) {
    const { stages, random, say } = cast;
    await Promise.all(
      stages.map(async (stage) => {
        // 200 records a second, of 1,200 that come.
        const slow = stage.join({ workMs: 5 });
        await slow.ready;
        await stage.produce();
        await within(20_000, () => stage.members.deeds.length > 500);
        await delay(4_000 + 2_000 * random());
        const others = [stage.join(), stage.join()];
        const isShared = await within(60_000, () => others.every((other) => hasHandled(stage, other)));
        say(`${stage.subject.title}: ${isShared ? 'others have their share' : 'others got nothing'}`);
        await delay(3_000);
        slow.order('quick');
      }),
    );
    await untilRecovered(cast);
  },
};
