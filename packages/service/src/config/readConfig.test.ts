import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigError } from './configError.ts';
import { readConfig, readHttpConfig } from './readConfig.ts';

const env = {
  PORT: '3002',
  DATABASE_URL: 'postgresql://orders:secret@localhost:15432/orders',
  KAFKA_BROKERS: 'localhost:19092,localhost:19093',
  SCHEMA_REGISTRY_URL: 'http://localhost:8081/apis/ccompat/v7',
  STAFF_TOKEN: 'staff-token',
};

const refusal = (changed: Record<string, string | undefined>, shape: z.ZodRawShape = {}): string => {
  try {
    readConfig('order', { ...env, ...changed }, shape);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
  throw new Error('it was accepted');
};

describe('readConfig', () => {
  it('reads the base variables, with defaults for what has a sensible one', () => {
    expect(readConfig('order', env, {})).toEqual({
      HOST: '127.0.0.1',
      PORT: 3002,
      DATABASE_URL: env.DATABASE_URL,
      KAFKA_BROKERS: ['localhost:19092', 'localhost:19093'],
      BREW_KAFKA_CLIENT: 'platformatic',
      SCHEMA_REGISTRY_URL: env.SCHEMA_REGISTRY_URL,
      STAFF_TOKEN: 'staff-token',
      LOG_LEVEL: 'info',
      RATE_LIMIT_PER_MINUTE: 30_000,
      KEEP_DAYS: 90,
    });
  });

  it('asks for no Kafka and no schema registry where there is none', () => {
    const { PORT, DATABASE_URL } = env;
    const config = readHttpConfig('simulator', { PORT, DATABASE_URL }, {});
    expect(config).toMatchObject({ PORT: 3002, DATABASE_URL });
    expect(config).not.toHaveProperty('KAFKA_BROKERS');
  });

  it('adds the variables of the service, which may replace one of the base', () => {
    const config = readConfig(
      'order',
      { ...env, PORT: undefined, PSP_URL: 'http://localhost:3010' },
      {
        PORT: z.coerce.number().default(3999),
        PSP_URL: z.url(),
      },
    );
    expect(config).toMatchObject({ PORT: 3999, PSP_URL: 'http://localhost:3010' });
  });

  it('names every variable that is wrong, not only the first', () => {
    const message = refusal(
      { DATABASE_URL: undefined, KAFKA_BROKERS: 'localhost', LOG_LEVEL: 'loud', PORT: '70000' },
      { PSP_URL: z.url() },
    );
    for (const variable of [
      'DATABASE_URL: is not set',
      'KAFKA_BROKERS:',
      'LOG_LEVEL:',
      'PORT:',
      'PSP_URL: is not set',
    ]) {
      expect(message).toContain(variable);
    }
  });

  it('takes a variable that is set to nothing for one that is not set', () => {
    expect(refusal({ DATABASE_URL: '' })).toContain('DATABASE_URL: is not set');
    expect(readConfig('order', { ...env, LOG_LEVEL: '' }, {}).LOG_LEVEL).toBe('info');
  });

  it('never repeats a value, since it may be a secret', () => {
    expect(refusal({ DATABASE_URL: 'mysql://root:hunter2@localhost/orders', PORT: 'hunter3' })).not.toContain(
      'hunter',
    );
  });

  it('is frozen, through and through', () => {
    const config = readConfig('order', env, {});
    expect(Object.isFrozen(config)).toBe(true);
    expect(Object.isFrozen(config.KAFKA_BROKERS)).toBe(true);
  });
});
