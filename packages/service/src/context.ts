import type { Codec, DeadLetters, KafkaClient } from '@brew/kafka';
import type { Database } from '@brew/postgres';
import type { Logger } from 'pino';
import type { ServiceConfig } from './config/readConfig.ts';
import type { Metrics } from './metrics.ts';
import type { UnitOfWork } from './work/work.ts';

/** What routes, handlers and parts of a service are made with. */
export interface ServiceContext<Config extends ServiceConfig = ServiceConfig> {
  /** Literal and never renamed: it is also the consumer group. */
  name: string;
  config: Config;
  db: Database;
  client: KafkaClient;
  codec: Codec;
  /** Sends to NAME.dlq, and keeps the parked keys in `db`. */
  deadLetters: DeadLetters;
  metrics: Metrics;
  log: Logger;
  now(): Date;
  /** One transaction with the events that it emits; see Work. */
  transact: UnitOfWork['transact'];
}
