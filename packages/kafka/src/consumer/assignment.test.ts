import { expect, test } from '@jest/globals';
import { createAssignment } from './assignment.ts';

const at = (partition: number, offset = 0n) => ({ topic: 't', partition, offset });

test('begins nothing of what was lost before it was known where to go on, and says so', async () => {
  const begun: [number, string | undefined][] = [];
  const assignment = createAssignment(async ({ partition }, { topicId }) => {
    begun.push([partition, topicId]);
  });
  assignment.expect([at(0), { ...at(1), topicId: 'id' }]);
  assignment.lose([at(0)]);
  expect(assignment.begin([at(0, 5n), at(1, 7n)])).toEqual([at(1, 7n)]);
  await assignment.end();
  expect(begun).toEqual([[1, 'id']]);
});
