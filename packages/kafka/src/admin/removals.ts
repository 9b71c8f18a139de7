import type { Admin as KafkaAdmin } from 'kafkajs';
import { delay } from '../delay.ts';
import { kafkaErrorTypeOf } from '../errors.ts';
import { isPassing } from './settled.ts';

/** Longer than the session of a member that was killed, 15 s. */
const MEMBERS_GONE_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 500;

export async function removeTopic(admin: KafkaAdmin, topic: string): Promise<void> {
  if ((await admin.listTopics()).includes(topic)) await admin.deleteTopics({ topics: [topic] });
}

export async function forgetGroup(admin: KafkaAdmin, group: string): Promise<void> {
  const deadline = Date.now() + MEMBERS_GONE_WITHIN_MS;
  while (true) {
    try {
      await admin.deleteGroups([group]);
      return;
    } catch (error) {
      // kafkajs has an error for each group, and around them one that says nothing.
      const [failed] = (error as { groups?: { error: unknown }[] }).groups ?? [];
      const type = kafkaErrorTypeOf(failed?.error);
      if (type === 'GROUP_ID_NOT_FOUND') return;
      // Its coordinator may just have been chosen, as on a cluster that never had a group before.
      const mayPass = type === 'NON_EMPTY_GROUP' || isPassing(failed?.error ?? error);
      if (!mayPass || Date.now() >= deadline) throw failed?.error ?? error;
    }
    await delay(LOOK_EVERY_MS);
  }
}
