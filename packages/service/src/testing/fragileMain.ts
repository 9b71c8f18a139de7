import { KitchenStarted, OrderPlaced } from '@brew/events';
import { createKafkaClient } from '@brew/kafka';
import { pino } from 'pino';
import { z } from 'zod';
import { createService, readConfig, route, runService } from '../index.ts';
import { createHoldingNetwork } from './holdingNetwork.ts';
import { onOrderPlaced, placeTicket } from './till.ts';

/**
 * A whole process for the tests of kills. POST /hold/:moment lets it come to that moment and no further; GET /held says
 * whether it has come to it.
 */
const network = createHoldingNetwork();
const {
  EXAMPLE_NAME: name = '',
  EXAMPLE_MIGRATIONS = '',
  PLACED_TOPIC = '',
  STARTED_TOPIC = '',
} = process.env;
const Placed = { ...OrderPlaced, topic: { ...OrderPlaced.topic, name: PLACED_TOPIC } };
const Started = { ...KitchenStarted, topic: { ...KitchenStarted.topic, name: STARTED_TOPIC } };

const hold = route({
  method: 'post',
  path: '/hold/:moment',
  summary: 'Hold at a moment',
  params: z.strictObject({ moment: z.enum(['offset-commits', 'produce-answers']) }),
  responses: { 204: { description: 'From now on' } },
  async handle({ params: { moment } }) {
    network.hold(moment);
    return { status: 204 };
  },
});

const held = route({
  method: 'get',
  path: '/held',
  summary: 'What was held',
  responses: { 200: { description: 'How much', schema: z.strictObject({ count: z.int() }) } },
  handle: async () => ({ status: 200, body: { count: network.count } }),
});

await runService(() => {
  const config = readConfig(name, process.env, {});
  const client = createKafkaClient({
    brokers: [...config.KAFKA_BROKERS],
    clientId: name,
    log: pino({ level: 'silent' }),
    via: network.via,
  });
  return createService({
    name,
    config,
    migrations: new URL(EXAMPLE_MIGRATIONS),
    emits: [Started],
    handlers: [onOrderPlaced(Placed, Started)],
    routes: (context) => [placeTicket(context, Started), hold, held],
    client,
  });
});
