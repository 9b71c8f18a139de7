import { createKafkaClient, type KafkaClient } from '@brew/kafka';
import { pino } from 'pino';
import type { ClusterAddress } from './cluster.ts';

/** A client of a cluster. What goes wrong is said by errors, and not by a log. */
export const clientOf = ({ brokers, tls, sasl }: ClusterAddress, clientId: string): KafkaClient =>
  createKafkaClient({
    brokers: [...brokers],
    clientId,
    log: pino({ level: 'silent' }),
    ...(tls && { tls }),
    ...(sasl && { sasl }),
  });
