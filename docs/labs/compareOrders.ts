// Whether brew.orders.v2 has what was bridged of brew.orders.v1: each event once, in order per key. See evolve-an-event.md.
import { ordersV2 } from '@brew/events';
import { createAdmin, createKafkaClient } from '@brew/kafka';
import { createReader, type ReadRange } from '@brew/kafka/reader';
import { pino } from 'pino';
import { brokers } from './addresses.ts';

const { group, source, target } = ordersV2;
const log = pino({ level: 'silent' });
const client = createKafkaClient({ brokers, clientId: 'lab', log });
await using admin = createAdmin({ client, log });
await using reader = createReader({ client, log });

/** The ids of the committed events of each key, in their order. */
async function idsOf(ranges: readonly ReadRange[]): Promise<Map<string, string[]>> {
  const ids = new Map<string, string[]>();
  for await (const records of reader.read(ranges)) {
    while (records.next()) {
      const key = records.keyText() ?? '';
      ids.set(key, [...(ids.get(key) ?? []), String(records.header('ce_id'))]);
    }
  }
  return ids;
}

async function rangesOf(topic: string, ends: readonly { partition: number; offset: bigint }[]) {
  const starts = await reader.offsets([topic], 'earliest');
  return starts.map(({ partition, offset }) => {
    const end = ends.find((each) => each.partition === partition);
    return { topic, partition, from: offset, until: end?.offset ?? offset };
  });
}

const bridgedUpTo = (await admin.groupLag(group)).map(({ partition, committed = 0n }) => ({
  partition,
  offset: committed,
}));
const before = await idsOf(await rangesOf(source.name, bridgedUpTo));
const after = await idsOf(await rangesOf(target.name, await reader.offsets([target.name], 'latest')));

const keys = new Set([...before.keys(), ...after.keys()]);
const wrong = [...keys].filter((key) => before.get(key)?.join() !== after.get(key)?.join());
const count = (ids: Map<string, string[]>) => [...ids.values()].flat().length.toLocaleString('en');
console.log(`bridged of ${source.name}: ${count(before)} events of ${before.size} orders`);
console.log(`in ${target.name}:         ${count(after)} events of ${after.size} orders`);
console.log(wrong.length === 0 ? 'the same events, each once, in order per order' : `not the same: ${wrong}`);
process.exitCode = wrong.length === 0 ? 0 : 1;
