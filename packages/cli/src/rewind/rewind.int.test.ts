import {
  createAdmin,
  createConsumer,
  createDeadLetterQueue,
  createKafkaClient,
  createProducer,
} from '@brew/kafka';
import { createReader } from '@brew/kafka/reader';
import { createTopics } from '@brew/kafka/testing';
import { infrastructure, uniqueName, until } from '@brew/sandbox/testing';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { collect } from '../testing/collect.ts';
import { type RewindOptions, rewind } from './rewind.ts';

const { brokers } = infrastructure();
const log = pino({ level: 'silent' });
const client = createKafkaClient({ brokers, clientId: 'test', log });
const producer = createProducer({ client, log });
const group = uniqueName('rewound');
const hour = (hours: number) => new Date(Date.UTC(2026, 0, 1, hours));
let topic: string;

beforeAll(async () => {
  topic = uniqueName('rewind');
  await createTopics([{ name: topic, partitions: 1, replicationFactor: 3, config: {} }]);
  await producer.start();
  await producer.send(
    Array.from({ length: 10 }, (_, i) => ({
      ...{ topic, key: 'k', value: Buffer.from(`r${i}`), headers: {}, timestamp: hour(i) },
    })),
  );
});
const running: { leave(): Promise<void> }[] = [];
afterAll(async () => {
  await Promise.all(running.map((member) => member.leave()));
  await producer.stop();
});

/** A member of the group. */
async function join() {
  const seen: string[] = [];
  const consumer = createConsumer({
    ...{ client, group, topics: [topic], from: 'beginning', log },
    process: async (records) => void seen.push(...records.map(({ value }) => String(value))),
    deadLetters: createDeadLetterQueue({ producer, group }),
  });
  await consumer.start();
  const member = { seen, leave: () => consumer.stop() };
  running.push(member);
  return member;
}

async function rewound(options: RewindOptions): Promise<string[]> {
  const { io, lines } = collect();
  expect(await rewind(group, options, { brokers }, io)).toBe(true);
  return lines;
}

it('has a group read again what was written since a time, and only a group that nobody is in', async () => {
  const first = await join();
  await using admin = createAdmin({ client, log });
  await until(async () => (await admin.groupLag(group))[0]?.committed === 10n, { what: 'all records' });
  const to = hour(6);
  const { io, lines } = collect();
  await expect(rewind(group, { to, yes: true }, { brokers }, io)).rejects.toThrow(
    /has 1 member, who would go on where they are/,
  );
  expect(lines).toEqual([]);
  await first.leave();

  expect((await rewound({ to, dryRun: true })).join('\n')).toMatch(
    /COMMITTED +BACK TO +RECORDS\n.* 10 +6 +4$/,
  );
  const untouched = await rewound({ to, dryRun: true, json: true });
  expect(JSON.parse(untouched.join('\n'))).toEqual({
    group,
    partitions: [{ topic, partition: 0, committed: 10, to: 6, isBeginning: false }],
  });

  expect((await rewound({ to, yes: true })).at(-1)).toBe(`✔ ${group} reads 4 records again once it starts.`);
  const second = await join();
  await until(() => second.seen.includes('r9'), { what: 'the last record' });
  expect(second.seen).toEqual(['r6', 'r7', 'r8', 'r9']);
  await second.leave();

  // Never ahead, and nothing to be done is no error.
  await rewound({ to: hour(2), yes: true });
  expect((await rewound({ to, yes: true })).join('\n')).toMatch(/has read nothing that was written since/);
});

it('says so where there is no such group', async () => {
  const { io } = collect();
  await expect(rewind('nobody', { to: hour(0) }, { brokers }, io)).rejects.toThrow(
    /no consumer group nobody/,
  );
});

it('refuses analytics, which would read nothing again', async () => {
  const ofBrew = `brew.${uniqueName('rewind')}`;
  await createTopics([{ name: ofBrew, partitions: 1, replicationFactor: 3, config: {} }]);
  await using reader = createReader({ client, log });
  await reader.commit('analytics', [{ topic: ofBrew, partition: 0, offset: 0n }]);
  const { io, lines } = collect();
  await expect(rewind('analytics', { to: hour(0), yes: true }, { brokers }, io)).rejects.toThrow(
    /^analytics keeps its offsets in its own tables, .* npx brew replay analytics$/,
  );
  expect(lines).toEqual([]);
});
