import type { ParkedKeys, TopicKey } from '../deadLetters.ts';

/** Parked keys without a database: nobody else holds any. */
export function createKeyMemory(parked = new Set<string>()): ParkedKeys & { parked: Set<string> } {
  const idOf = ({ topic, key }: TopicKey) => `${topic}/${key.toString('hex')}`;
  return {
    parked,
    has: async (topic, keys) => keys.filter((key) => parked.has(idOf({ topic, key }))),
    async hold({ mark }, work) {
      const before = new Set(parked);
      for (const key of mark) parked.add(idOf(key));
      try {
        return await work((topic, key) => parked.has(idOf({ topic, key })));
      } catch (error) {
        parked.clear();
        for (const id of before) parked.add(id);
        throw error;
      }
    },
  };
}
