import { type Bridge, toHeaders } from '@brew/events';
import type { Codec, OutgoingRecord, ReceivedRecord } from '@brew/kafka';

/** Makes of a record of the source the one that says the same in the target: same event, same id, same time. */
export function translateRecord({ target, translate }: Bridge, codec: Pick<Codec, 'decode' | 'encode'>) {
  return async (record: ReceivedRecord): Promise<OutgoingRecord[]> => {
    const event = await codec.decode(record);
    const { type, data } = translate(event);
    return [
      {
        topic: target.name,
        key: type.keyOf(data),
        value: codec.encode(type, data),
        headers: { ...record.headers, ...toHeaders({ ...event, type: type.type }) },
        timestamp: record.timestamp,
      },
    ];
  };
}
