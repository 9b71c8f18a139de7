import { type BrewError, OrderDelivered, OrderPlaced, PaymentReceived, uuidv7 } from '@brew/events';
import type { OutgoingRecord } from '@brew/kafka';
import { type TestRecord, writeBatch } from '@brew/kafka/testing';
import { describe, expect, it } from '@jest/globals';
import { PLACED_AT, placed } from '../testing/orders.ts';
import { useRig } from '../testing/rig.ts';

describe('records that anybody can write', () => {
  const rig = useRig();

  const place = (orderId: string) => rig.record(OrderPlaced, placed(orderId));
  const with_ = (more: object) => rig.record(OrderPlaced, { ...placed('bad'), ...more });
  const pay = (amount: unknown) =>
    rig.record(PaymentReceived, {
      ...{ orderId: 'bad', paymentId: 'p', receivedAt: PLACED_AT },
      amount: amount as { amount: number; currency: string },
    });

  /** The bytes up to the items, and then what claims to be 10^9 of them. */
  function claiming(): OutgoingRecord {
    const record = place('claims');
    const value = record.value as Buffer;
    const at = value.indexOf('Bean Lane 1') + 'Bean Lane 1'.length;
    return {
      ...record,
      value: Buffer.concat([value.subarray(0, at), Buffer.from('80a8d6b907', 'hex'), Buffer.alloc(9, 2)]),
    };
  }

  /** Each is no event, or none that Brew could have made. */
  const bad = (): Record<string, OutgoingRecord> => ({
    'no event at all': {
      ...place('bad'),
      value: Buffer.from('{}'),
      headers: { note: 'hello' },
    },
    'a list that claims a billion': claiming(),
    'a key with a zero byte': { ...place('bad'), key: Buffer.from('\0\0\0\0\0\0\0\u0007') },
    'a key that is no text': { ...place('bad'), key: Buffer.from('ff00fe', 'hex') },
    'no event, at a time that is none': {
      ...place('bad'),
      value: Buffer.from('x'),
      timestamp: { getTime: () => -9e15 } as Date,
    },
    'a large record of zeros': { ...place('bad'), value: Buffer.alloc(900_000) },
    'an address of 900 kB': with_({ customer: { name: 'Ada', address: 'x'.repeat(900_000) } }),
    'the key of another order': { ...place('bad'), key: uuidv7() },
    'no key': { ...place('bad'), key: null },
    'a negative amount': with_({ total: { amount: -1, currency: 'EUR' } }),
    'a currency that is none': with_({ total: { amount: 1, currency: 'EURO' } }),
    'a quantity of a million': rig.record(
      OrderPlaced,
      placed('bad', { lines: [{ sku: 'latte', quantity: 1_000_000 }] }),
    ),
    'no items': rig.record(OrderPlaced, placed('bad', { lines: [] })),
    'a time of before 1970': with_({ placedAt: -1 }),
    'an order that is none': { ...with_({ orderId: '0197c0de-not-one' }), key: '0197c0de-not-one' },
    'escape sequences': with_({ cafeId: '\u001b[2Jcafe' }),
    'more bytes than it has': {
      ...place('bad'),
      value: Buffer.concat([place('bad').value as Buffer, Buffer.of(0)]),
    },
    'no type': { ...place('bad'), headers: {} },
  });

  it('are parked, each once, while the good ones between them count', async () => {
    const hostile = bad();
    const sent: OutgoingRecord[] = [];
    for (const [index, record] of Object.values(hostile).entries()) sent.push(place(`good-${index}`), record);
    // Not one of those, since nothing of it is wrong: an id in capitals, a tombstone, a payment, an event that nobody knows.
    const capitals = place('capitals');
    const unknown = {
      ...place('typo'),
      headers: { ...place('typo').headers, ce_type: `${OrderPlaced.type}d` },
    };
    const others = [
      { ...capitals, headers: { ...capitals.headers, ce_id: String(capitals.headers.ce_id).toUpperCase() } },
      { ...place('tombstone'), value: null },
      pay({ amount: 420, currency: 'EUR' }),
      unknown,
    ];
    await rig.send(...sent, ...others);
    const told: string[] = [];
    const begun = performance.now();
    await rig.project({ onUnknown: (_topic, type) => told.push(type) });
    expect(performance.now() - begun).toBeLessThan(20_000);

    const count = Object.keys(hostile).length;
    expect((await rig.reports()).funnel).toEqual({ placed: count + 1, paid: 1 });
    const values = (records: readonly { value: Buffer | null }[]) =>
      records.map(({ value }) => `${value?.length} ${value?.toString('hex', 0, 60)}`).toSorted();
    expect(values(rig.letters)).toEqual(values(Object.values(hostile)));
    expect(told).toEqual([`${OrderPlaced.type}d`]);

    // The same after a restart.
    await rig.send(
      place('later'),
      rig.record(OrderDelivered, { orderId: 'later', courierId: 'c', deliveredAt: PLACED_AT }),
    );
    await rig.project();
    expect((await rig.reports()).funnel).toEqual({ placed: count + 2, paid: 1, delivered: 1 });
    expect(rig.letters).toHaveLength(count);
  });

  it('are packed by other clients, and so are good ones', async () => {
    const topic = rig.topicOf(OrderPlaced);
    const packed = ({ key, value, headers }: OutgoingRecord): TestRecord => ({
      key: key === null ? null : Buffer.from(key),
      value,
      headers: Object.entries(headers).map(([name, text]) => [name, Buffer.from(String(text))]),
      timestamp: PLACED_AT,
    });
    const good = (name: string) => packed(place(`packed-${name}`));
    const zeros = (bytes: number) => ({ ...good('zeros'), value: Buffer.alloc(bytes), headers: [] });
    const noValue: TestRecord = { ...good('note'), value: Buffer.from('{}'), headers: [['note', null]] };
    const empty = good('empty');
    for (const batch of [
      { compression: 'snappy', records: [good('1'), good('2')] },
      { compression: 'gzip', records: [good('3'), zeros(3 * 1024 * 1024), good('4')] },
      // A good event with a header that has no value.
      {
        compression: 'lz4',
        records: [{ ...empty, headers: [...empty.headers, ['note', null]] }, noValue, good('5')],
      },
      { compression: 'gzip', records: [good('lost'), zeros(17 * 1024 * 1024)] }, // more than anybody unpacks
      { compression: 'zstd', records: [good('6')] },
    ] as const) {
      expect(await writeBatch(topic, 0, batch)).toMatchObject({ baseOffset: expect.anything() });
    }
    for (let run = 0; run < 2; run++) {
      await rig.project();
      expect((await rig.reports()).funnel).toEqual({ placed: 7 });
      expect(rig.letters.map(({ value, error }) => [value?.length, (error as BrewError).code])).toEqual([
        [3 * 1024 * 1024, 'BREW_RECORD_UNDECODABLE'],
        [2, 'BREW_RECORD_UNDECODABLE'],
        [undefined, 'BREW_BATCH_UNREADABLE'],
      ]);
    }
  });

  it('are many, and hold nobody up', async () => {
    const poison = { ...place('bad'), value: Buffer.from('poison') };
    for (let i = 0; i < 10; i++) await rig.send(...Array<OutgoingRecord>(500).fill(poison));
    await rig.send(place('good'));
    const begun = performance.now();
    await rig.project();
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(rig.letters).toHaveLength(5_000);
    expect((await rig.reports()).funnel).toEqual({ placed: 1 });
  });
});
