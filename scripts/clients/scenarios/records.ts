import { setTimeout as delay } from 'node:timers/promises';
import { deleteRecords, readAll, setClientQuota } from '@brew/kafka/testing';
import { runKafkaTool } from '@brew/sandbox';
import {
  type Cast,
  type Scenario,
  start,
  underLoad,
  untilRecovered,
  untilWarm,
  within,
} from '../scenario.ts';
import type { Stage } from '../stage.ts';
import type { SentRecord } from '../verdict.ts';

// What brokers and other clients do to whoever reads and writes.

const THROTTLED_MS = 25_000;

export const throttled: Scenario = {
  name: 'throttled',
  title: 'client quotas: brokers make it wait for a third of what it sends and reads',
  play: (cast) =>
    underLoad(cast, {}, async () => {
      const { stages, say } = cast;
      // Of each broker. A subject sends 50,000 and reads as many.
      const quota = { producer: 16_000, consumer: 16_000 };
      await Promise.all(stages.map(({ clientId }) => setClientQuota(clientId, quota)));
      await delay(THROTTLED_MS);
      await Promise.all(stages.map(({ clientId }) => setClientQuota(clientId, {})));
      say('the quotas are gone');
    }),
};

export const deleted: Scenario = {
  name: 'deleted',
  title: 'what comes next was deleted while the group was away',
  deletes: true,
  async play(cast) {
    const { stages, say } = cast;
    await start(stages);
    await Promise.all(
      stages.map(async (stage) => {
        await stage.settle();
        await stage.leave();
        await (await stage.produce({ prefix: 'l' })).ready;
        await delay(3_000);
        await stage.settle(0);
        const count = await deleteHalf(cast, stage);
        const before = stage.members.deeds.length;
        await stage.join().ready;
        // Whoever stands still, has to say why.
        await within(30_000, () => saysSo(stage) || stage.members.deeds.length > before);
        await delay(3_000);
        const wentOn = stage.members.deeds.length > before;
        say(
          `${stage.subject.title}: ${count} deleted, ${saysSo(stage) ? 'says so' : 'says nothing'}, ${wentOn ? 'goes on' : 'stands still'}`,
        );
        if (wentOn && !saysSo(stage)) stage.accuse(`goes on behind ${count} deleted records without a word`);
        stage.order('discard');
      }),
    );
  },
};

const saysSo = ({ told }: Stage) => told.some((line) => line.startsWith('deleted'));

/** Deletes the older half of what the group has not read. @returns how many records that were */
async function deleteHalf({ cluster }: Cast, stage: Stage): Promise<number> {
  const { topic, group } = stage;
  const committed = await cluster.committed(group, topic);
  const unread = (await readAll(cluster.client, [topic])).filter(
    ({ partition, offset }) => offset >= (committed.get(partition) ?? 0n),
  );
  const below = new Map(
    Array.from(
      Map.groupBy(unread, ({ partition }) => partition),
      ([partition, records]) => {
        return [partition, records[records.length >> 1]?.offset ?? 0n];
      },
    ),
  );
  await deleteRecords(topic, below);
  const gone = unread.filter(({ partition, offset }) => offset < (below.get(partition) ?? 0n));
  stage.strike(
    gone.map(({ key, value }) => ({ key: key ?? '', number: Number.parseInt(String(value), 10) })),
  );
  return gone.length;
}

const CODECS = ['gzip', 'snappy', 'lz4', 'zstd'];

export const compressed: Scenario = {
  name: 'compressed',
  title: "batches of Kafka's own producer: gzip, snappy, lz4, zstd",
  async play({ stages, say }) {
    await Promise.all(
      stages.map(async (stage) => {
        for (const [i, codec] of CODECS.entries()) {
          stage.send(await writeWithKafkasTool(stage, codec, i * 20));
          say(`${stage.subject.title}: ${codec} written`);
        }
        if (stage.subject.hasReader) stage.read();
        for (const member of [stage.join(), stage.join()]) await member.ready;
      }),
    );
  },
};

async function writeWithKafkasTool(
  { topic, brokers }: Stage,
  codec: string,
  from: number,
): Promise<SentRecord[]> {
  const ids = Array.from({ length: 20 * 100 }, (_, i) => {
    return { key: `c${i % 100}`, number: from + Math.floor(i / 100) };
  });
  const lines = ids.map(({ key, number }) => `${key}\t${String(number).padEnd(100, '.')}\n`);
  const args = ['--bootstrap-server', brokers.join(), '--topic', topic, '--compression-codec', codec];
  await runKafkaTool(
    'org.apache.kafka.tools.ConsoleProducer',
    [...args, '--reader-property', 'parse.key=true'],
    { input: lines.join('') },
  );
  const at = Date.now();
  return ids.map((id) => ({ ...id, at, acknowledgedAt: at }));
}

export const partitions: Scenario = {
  name: 'partitions',
  title: 'a topic that gets more partitions while it is read',
  // kafkajs looks for them every five minutes.
  patienceMs: 330_000,
  async play(cast) {
    const { stages, say } = cast;
    await start(stages);
    await Promise.all(
      stages.map(async (stage) => {
        // Where a key belongs changes with their number: what comes afterwards has keys of its own.
        await stage.settle();
        const args = ['--bootstrap-server', stage.brokers.join(), '--alter', '--partitions', '12'];
        await runKafkaTool('org.apache.kafka.tools.TopicCommand', [...args, '--topic', stage.topic]);
        await stage.produce({ prefix: 'l' });
        say(`${stage.subject.title}: 12 partitions`);
        await delay(5_000);
      }),
    );
  },
};

const KILLS = 5;

export const pipeline: Scenario = {
  name: 'pipeline',
  title: 'SIGKILL of a transactional pipeline at any moment, five times',
  exactlyOnce: true,
  async play(cast) {
    const { stages, cluster, random, say } = cast;
    await Promise.all(
      stages.map(async (stage) => {
        const from = `${stage.topic}.from`;
        await cluster.makeTopic(from, 6);
        await stage.join().ready;
        let pipe = stage.pipe(from);
        await stage.produce({ topic: from });
        await untilWarm([stage]);
        for (let kill = 1; kill <= KILLS; kill++) {
          const before = stage.members.deeds.length;
          await within(45_000, () => stage.members.deeds.length > before);
          await delay(2_000 * random());
          pipe.signal('SIGKILL');
          pipe = stage.pipe(from);
          say(`${stage.subject.title}: killed ${kill} of ${KILLS}`);
        }
      }),
    );
    await untilRecovered(cast);
  },
};
