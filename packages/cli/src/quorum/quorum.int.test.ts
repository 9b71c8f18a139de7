import { infrastructure } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';
import { collect } from '../testing/collect.ts';
import { quorumStatus } from './quorumStatus.ts';

it("names the leader and the voters of three nodes that are both, as Kafka's own tool does", async () => {
  const { io, lines } = collect();
  expect(await quorumStatus({ compare: true }, infrastructure(), io, new AbortController().signal)).toBe(
    true,
  );
  const text = lines.join('\n');
  const leader = /^RaftLeader: +(\d) {3}\(DescribeQuorum/m.exec(text)?.[1];
  expect(text).toMatch(/^CurrentVoters: +\[1 2 3\]$/m);
  expect(text).toMatch(new RegExp(`^${leader} .*broker \\+ active controller$`, 'm'));
  expect(text.match(/broker \+ voter$/gm)).toHaveLength(2);
  expect(text).toContain(`✔ RaftLeader     ${leader}`);
  expect(lines.at(-1)).toBe('Both say the same.');
});
