import { setTimeout as delay } from 'node:timers/promises';
import { apiKeys } from '@brew/kafka/testing';
import { NODES } from '../cluster.ts';
import { type Cast, type Scenario, start, underLoad, untilRecovered, within } from '../scenario.ts';

// Brokers that go away and come back, while everybody writes and reads.

/** A node is away for that long, and up to as long again. */
const AWAY_MS = 4_000;

/** @param names those that are killed, all at once */
async function killAndBringBack({ cluster, random, say }: Cast, names: readonly string[]): Promise<void> {
  const away = AWAY_MS * (1 + random());
  await Promise.all(names.map(cluster.kill));
  say(`${names.join(' and ')} killed, for ${(away / 1_000).toFixed(1)} s`);
  await delay(away);
  await Promise.all(names.map(cluster.start));
  say(`${names.join(' and ')} back`);
}

/** At any moment of what goes on all the time. */
const anyMoment = ({ random }: Cast) => delay(1_000 * random());

export const leader: Scenario = {
  name: 'leader',
  title: 'SIGKILL of a broker that leads partitions',
  async play(cast) {
    const { cluster, stages } = cast;
    for (const stage of stages) if (stage.subject.hasReader) await stage.read().ready;
    await underLoad(cast, {}, async () => {
      const busy = [await cluster.controller(), ...(await coordinators(cast))];
      const leaders = await Promise.all(
        stages.flatMap(({ topic }) =>
          [0, 1, 2, 3, 4, 5].map((partition) => cluster.leaderOf(topic, partition)),
        ),
      );
      const victim = leaders.find((name) => !busy.includes(name)) ?? leaders[0] ?? '';
      await anyMoment(cast);
      await killAndBringBack(cast, [victim]);
    });
  },
};

export const controller: Scenario = {
  name: 'controller',
  title: 'SIGKILL of the active controller',
  play: (cast) =>
    underLoad(cast, {}, async () => {
      const victim = await cast.cluster.controller();
      await anyMoment(cast);
      await killAndBringBack(cast, [victim]);
    }),
};

const coordinators = ({ stages, cluster }: Cast) =>
  Promise.all(stages.map(({ group }) => cluster.coordinatorOf(group)));

/** The broker that has all groups: their names are chosen so. */
async function coordinatorOfAll(cast: Cast): Promise<string> {
  const [first = ''] = await coordinators(cast);
  return first;
}

export const coordinator: Scenario = {
  name: 'coordinator',
  title: "SIGKILL of the group's coordinator during a commit",
  play: (cast) =>
    underLoad(cast, { faulty: true }, async () => {
      const { stages, random, say } = cast;
      const victim = await coordinatorOfAll(cast);
      // Whether the broker has done it or not, it is under way when the broker dies.
      const kind = random() < 0.5 ? 'swallow' : 'delay';
      for (const { network } of stages) {
        network.fault = (apiKey) => {
          if (apiKey !== apiKeys.OffsetCommit) return undefined;
          return kind === 'swallow' ? { kind } : { kind, ms: 60_000 };
        };
      }
      const held = () => stages.filter(({ network }) => network.struck[kind]).length;
      await within(15_000, () => held() === stages.length);
      say(
        `commits of ${held()} subjects under way (${kind === 'swallow' ? 'not done' : 'done, unanswered'})`,
      );
      const killed = killAndBringBack(cast, [victim]);
      for (const { network } of stages) network.fault = () => undefined;
      await killed;
    }),
};

export const loading: Scenario = {
  name: 'loading',
  title: "restart of the group's coordinator, which loads, and a member that joins then",
  play: (cast) =>
    underLoad(cast, {}, async () => {
      const { cluster, stages, say } = cast;
      const victim = await coordinatorOfAll(cast);
      await anyMoment(cast);
      await cluster.kill(victim);
      say(`${victim} killed, and started again at once`);
      // Those whose coordinator it was look for it from the moment on at which it listens.
      for (const stage of stages) stage.join();
      await cluster.start(victim);
      say(`${victim} back`);
    }),
};

export const twoBrokers: Scenario = {
  name: 'two-brokers',
  title: 'SIGKILL of two brokers of three, and both come back',
  play: (cast) =>
    underLoad(cast, {}, async () => {
      const spared = Math.floor(cast.random() * NODES.length);
      await anyMoment(cast);
      await killAndBringBack(cast, NODES.toSpliced(spared, 1));
    }),
};

export const rolling: Scenario = {
  name: 'rolling',
  title: 'rolling restart of all brokers, in order',
  async play(cast) {
    const { cluster, stages, say } = cast;
    await start(stages);
    for (const node of NODES) {
      await cluster.stop(node);
      await cluster.start(node);
      say(`${node} restarted`);
      await cluster.untilWhole();
    }
    await untilRecovered(cast);
  },
};
