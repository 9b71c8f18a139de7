import type { Codec, DeadLetters, KafkaClient } from '@brew/kafka';
import type { Database } from '@brew/postgres';
import type { Logger } from 'pino';
import type { HttpConfig, ServiceConfig } from './config/readConfig.ts';
import type { HttpMetrics, Metrics } from './metrics.ts';
import type { UnitOfWork } from './unitOfWork/unitOfWork.ts';

/** What routes and parts are made with where there is no Kafka. */
export interface HttpContext<Config extends HttpConfig = HttpConfig> {
  name: string;
  config: Config;
  db: Database;
  metrics: HttpMetrics;
  log: Logger;
  now(): Date;
}

/** What routes, handlers and parts of a service are made with. Its name is also the consumer group. */
export interface ServiceContext<Config extends ServiceConfig = ServiceConfig> extends HttpContext<Config> {
  client: KafkaClient;
  codec: Codec;
  /** Sends to NAME.dlq, and keeps the parked keys in `db`. */
  deadLetters: DeadLetters;
  metrics: Metrics;
  /** One transaction with the events that it emits; see Work. */
  transact: UnitOfWork['transact'];
  /** Makes a command whose concurrent calls share transactions; see UnitOfWork. */
  together: UnitOfWork['together'];
}
