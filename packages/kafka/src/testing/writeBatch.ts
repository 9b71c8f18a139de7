import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { infrastructure } from '@brew/sandbox/testing';
import { batchOf, type TestBatch } from './batches.ts';

const PRODUCE = { apiKey: 0, version: 7 };
const ERROR = { none: 0, unknownTopicOrPartition: 3, notLeader: 6 };

/**
 * Writes a batch as any client might, byte by byte.
 * @returns the offset of its first record, or Kafka's code of the error with which it was refused
 * @see https://kafka.apache.org/protocol#The_Messages_Produce (version 7)
 */
export async function writeBatch(
  topic: string,
  partition: number,
  batch: Omit<TestBatch, 'baseOffset'> | Buffer,
  brokers: readonly string[] = infrastructure().brokers,
): Promise<{ baseOffset: bigint } | { refused: number }> {
  const bytes = Buffer.isBuffer(batch) ? batch : batchOf({ baseOffset: 0n, ...batch });
  // Whoever does not lead the partition says so.
  for (let attempts = 0; ; attempts++) {
    const broker = brokers[attempts % brokers.length] as string;
    const { code, baseOffset } = await ask(broker, request(topic, partition, bytes));
    if (code === ERROR.none) return { baseOffset };
    if (code !== ERROR.notLeader && code !== ERROR.unknownTopicOrPartition) return { refused: code };
    if (attempts > brokers.length) await sleep(100);
  }
}

function request(topic: string, partition: number, bytes: Buffer): Buffer {
  const body = Buffer.concat([
    int16(-1), // no transaction
    int16(-1), // acks=all
    int32(10_000),
    int32(1),
    text(topic),
    int32(1),
    int32(partition),
    int32(bytes.length),
    bytes,
  ]);
  const head = Buffer.concat([int16(PRODUCE.apiKey), int16(PRODUCE.version), int32(1), text('test')]);
  return Buffer.concat([int32(head.length + body.length), head, body]);
}

async function ask(broker: string, bytes: Buffer): Promise<{ code: number; baseOffset: bigint }> {
  const [host = '', port] = broker.split(':');
  const socket = connect({ host, port: Number(port) });
  try {
    await once(socket, 'connect');
    socket.write(bytes);
    let answer = Buffer.alloc(0);
    for await (const data of socket) {
      answer = Buffer.concat([answer, data as Buffer]);
      if (answer.length >= 4 && answer.length >= 4 + answer.readInt32BE()) break;
    }
    // length, correlation id, one topic, its name, one partition, its number
    const at = 4 + 4 + 4 + 2 + answer.readInt16BE(12) + 4 + 4;
    return { code: answer.readInt16BE(at), baseOffset: answer.readBigInt64BE(at + 2) };
  } finally {
    socket.destroy();
  }
}

const text = (value: string) => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
