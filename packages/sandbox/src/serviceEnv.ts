import { join } from 'node:path';
import type { Library } from '@brew/kafka';
import type { ServiceDeclaration } from '@brew/provision';
import { registryUrl } from './registry/registry.ts';
import type { Session } from './session.ts';

/** What a user may set about the whole system. */
export interface SystemSettings {
  /** Orders per second that the simulated customers place, on average; 0: no customers. Default 1. */
  rate?: number;
  /** How many times faster than life drinks are made and orders delivered; 0: in no time. Default 60. */
  speed?: number;
  /** Whether all processes come equally; otherwise those that no customer waits for come behind the others once all are up. */
  equalPriorities?: boolean;
  /** By which services talk to Kafka. Default: what BREW_KAFKA_CLIENT of our own environment says, or else services themselves. */
  library?: Library;
  /** Further settings for all of our processes, or others than here: PAYMENT_TIMEOUT_SECONDS, LOG_LEVEL, … */
  env?: Readonly<Record<string, string>>;
}

/** What staff show to a service, unless it was started with another one. docker-compose.yml has the same. */
export const defaultStaffToken = 'sandbox-staff';
/** What the payment provider is shown. */
export const defaultPspApiKey = 'sandbox-psp';

/** Secrets of a sandbox that only this machine can reach: known to everybody, and good for nothing else. */
const secrets = {
  STAFF_TOKEN: defaultStaffToken,
  PSP_API_KEY: defaultPspApiKey,
  WEBHOOK_SECRET: 'sandbox-webhooks',
};

/** The environment that one of our processes is configured by. */
export function serviceEnv(
  { name, database }: ServiceDeclaration,
  { ports, cacheDir }: Pick<Session, 'ports' | 'cacheDir'>,
  { rate = 1, speed = 60, library, env = {} }: SystemSettings,
): NodeJS.ProcessEnv {
  const url = (service: ServiceDeclaration['name']) => `http://127.0.0.1:${ports.services[service]}`;
  return {
    ...process.env,
    HOST: '127.0.0.1',
    PORT: String(ports.services[name]),
    DATABASE_URL: `postgresql://${database}:${database}@127.0.0.1:${ports.postgres}/${database}`,
    KAFKA_BROKERS: ports.external.map((port) => `127.0.0.1:${port}`).join(','),
    SCHEMA_REGISTRY_URL: registryUrl(ports),
    SPEED: String(speed),
    RATE: String(rate),
    CATALOG_URL: url('catalog'),
    ORDER_URL: url('order'),
    PSP_URL: url('simulator'),
    WEBHOOK_URL: `${url('order')}/payments/webhook`,
    // Node keeps what it has compiled: a service starts with 0.3 s less CPU and 20 MiB less memory.
    NODE_COMPILE_CACHE: join(cacheDir, 'node'),
    ...secrets,
    ...env,
    ...(library && { BREW_KAFKA_CLIENT: library }),
  };
}
