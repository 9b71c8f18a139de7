import { setTimeout as delay } from 'node:timers/promises';
import { type Scenario, within } from '../scenario.ts';

/** For each record: what a member has in hand takes it some seconds. */
const WORK_MS = 20;
const AWAY_MS = 1_000;

export const remade: Scenario = {
  name: 'remade',
  title: 'a topic that is deleted and made anew while a member has work in hand',
  // Of what was there before; nothing of it is missed.
  deletes: true,
  async play({ stages, say }) {
    await Promise.all(
      stages.map(async (stage) => {
        const slow = stage.join({ workMs: WORK_MS });
        await slow.ready;
        await stage.produce();
        await within(20_000, () => stage.members.deeds.length > 0);
        await delay(2_000);
        await stage.settle(0);
        await stage.remake(AWAY_MS);
        say(`${stage.subject.title}: made anew`);
        // What was committed of the topic before says nothing about this one.
        await stage.produce({ prefix: 'l' });
        await delay(3_000);
        slow.order('quick');
        stage.order('discard');
        await delay(5_000);
      }),
    );
  },
};
