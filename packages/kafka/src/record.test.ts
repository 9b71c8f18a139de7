import { expect, test } from '@jest/globals';
import type { KafkaMessage } from 'kafkajs';
import { fromMessage, rawPartsOf } from './record.ts';

const message = (parts: Partial<KafkaMessage>): KafkaMessage =>
  ({
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    timestamp: '1700000000000',
    attributes: 0,
    offset: '9007199254740993',
    headers: {},
    size: 0,
    ...parts,
  }) as KafkaMessage;

test('reads an offset that a number could not hold', () => {
  const record = fromMessage('t', 3, message({}));
  expect(record).toMatchObject({ topic: 't', partition: 3, offset: 9007199254740993n, key: 'k' });
  expect(record.timestamp).toEqual(new Date(1_700_000_000_000));
});

test('takes the last of a repeated header, and keeps all of them for the dead letters', () => {
  const record = fromMessage('t', 0, message({ headers: { h: [Buffer.from('1'), Buffer.from('2')] } }));
  expect(record.headers).toEqual({ h: '2' });
  expect(rawPartsOf(record).headers).toEqual({ h: [Buffer.from('1'), Buffer.from('2')] });
});

test('keeps a binary key and binary headers for the dead letters as they were', () => {
  const key = Buffer.from([0xff, 0xfe]);
  const h = Buffer.from([0x80]);
  const raw = rawPartsOf(fromMessage('t', 0, message({ key, headers: { h } })));
  expect(raw).toMatchObject({ key, headers: { h } });
});

test('holds nothing twice for records of plain text', () => {
  const record = fromMessage('t', 0, message({ key: null, headers: { h: Buffer.from('ä') } }));
  expect(rawPartsOf(record)).toBe(record);
});
