import { expect, it } from '@jest/globals';
import { readSettings, type UpOptions } from './settings.ts';

const options: UpOptions = { rate: 1, simulator: true, speed: 60, kafka: 'combined' };

it.each([
  [
    { BREW_KAFKA_CLIENT: 'kafka' },
    'BREW_KAFKA_CLIENT kafka is no Kafka client that Brew has. Did you mean kafkajs?',
  ],
  [
    { BREW_KAFKA_CLIENT: 'java' },
    'BREW_KAFKA_CLIENT java is no Kafka client that Brew has. Take platformatic or kafkajs.',
  ],
  [{ BREW_PORTS: '3000' }, 'BREW_PORTS is 3000. Set it to free, or not at all.'],
  [{ BREW_PRIORITIES: 'high' }, 'BREW_PRIORITIES is high. Set it to equal, or not at all.'],
])('refuses %j before anything is started', async (env, message) => {
  await expect(readSettings(options, env)).rejects.toMatchObject({ code: 'BREW_ARGUMENT_INVALID', message });
});

it('takes what there is, and what is set to nothing as not set', async () => {
  for (const BREW_KAFKA_CLIENT of ['kafkajs', 'platformatic', ''])
    await expect(readSettings(options, { BREW_KAFKA_CLIENT })).resolves.toMatchObject({ rate: 1 });
});
