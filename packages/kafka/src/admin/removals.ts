import { delay } from '../delay.ts';
import { TopicRefusedError } from '../errors.ts';
import type { Brokers } from '../wire/brokers.ts';
import { createCoordinator } from '../wire/coordinator.ts';
import { deleteGroupsV2, deleteTopicsV6 } from '../wire/protocol.ts';
import { answerOf, isPassing, nameOf, refused } from '../wire/protocolErrors.ts';

/** Longer than the session of a member that was killed, 15 s. */
const MEMBERS_GONE_WITHIN_MS = 20_000;
const LOOK_EVERY_MS = 500;
/** How long a broker may take to have the topic deleted. */
const DELETED_MS = 10_000;

export async function removeTopic(brokers: Brokers, name: string): Promise<void> {
  const connection = await brokers.ask('find a broker', async (found) => found);
  const { responses } = await answerOf(deleteTopicsV6.api.async(connection, [{ name }], DELETED_MS));
  const code = responses[0]?.errorCode ?? 0;
  const error = nameOf(code);
  if (error === 'NONE' || error === 'UNKNOWN_TOPIC_OR_PARTITION') return;
  throw isPassing(code) ? new Error(error) : new TopicRefusedError('delete', name, error);
}

export async function forgetGroup(brokers: Brokers, group: string): Promise<void> {
  const coordinator = createCoordinator(brokers, 'group', group);
  const codesOf = ({ results }: deleteGroupsV2.DeleteGroupsResponse) =>
    results.map(({ errorCode }) => errorCode);
  for (const deadline = Date.now() + MEMBERS_GONE_WITHIN_MS; ; await delay(LOOK_EVERY_MS)) {
    const answer = await coordinator.insist(
      (connection) => deleteGroupsV2.api.async(connection, [group]),
      codesOf,
    );
    const code = codesOf(answer)[0] ?? 0;
    const error = nameOf(code);
    if (error === 'NONE' || error === 'GROUP_ID_NOT_FOUND') return;
    if (error !== 'NON_EMPTY_GROUP' && !isPassing(code)) throw refused(`the group ${group}`, code);
    if (error !== 'NON_EMPTY_GROUP' || Date.now() >= deadline) throw new Error(error);
  }
}
