/**
 * The topics, declared once, as data. Creating them, documenting them and checking a live cluster against them
 * all read this.
 */

/** Whoever writes events. A service that only reads is nobody that events need to know. */
type ServiceName = 'catalog' | 'order' | 'kitchen' | 'courier' | 'analytics';

/** What a cluster has to know of a topic. */
export interface TopicDeclaration {
  readonly name: string;
  readonly partitions: number;
  readonly replicationFactor: 3;
  /** Topic-level settings, as Kafka names and writes them. */
  readonly config: Readonly<Record<string, string>>;
}

/** A topic of events: who writes it, how its records are keyed, and what may be in it. */
export interface Topic extends TopicDeclaration {
  /** The field of every event in it that is the record's key: order is kept per key, and only per key. */
  readonly key: 'orderId' | 'sku';
  /** The only service that writes to it. */
  readonly producer: ServiceName;
  /** Names of the events, such as OrderPlaced; each has a schema in schemas/<topic>/<Event>.avsc. */
  readonly events: readonly string[];
}

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * The same count for every topic keyed by orderId, so that all of an order's records have the same partition
 * number everywhere (co-partitioned). It can never change for a topic that has data: keys would move.
 */
const PARTITIONS = 6;

/** Two of three replicas have every acknowledged record, and none that lacks it can become leader. */
const DURABLE = { 'min.insync.replicas': '2', 'unclean.leader.election.enable': 'false' };

const keptFor = (days: number) => ({
  ...DURABLE,
  'cleanup.policy': 'delete',
  'retention.ms': String(days * DAY_MS),
});

export const topics = {
  orders: {
    name: 'brew.orders.v1',
    key: 'orderId',
    producer: 'order',
    events: ['OrderPlaced', 'CancellationRequested', 'OrderCancelled'],
    partitions: PARTITIONS,
    replicationFactor: 3,
    config: keptFor(30),
  },
  payments: {
    name: 'brew.payments.v1',
    key: 'orderId',
    producer: 'order',
    events: ['PaymentReceived', 'PaymentFailed', 'PaymentRefunded'],
    partitions: PARTITIONS,
    replicationFactor: 3,
    config: keptFor(30),
  },
  kitchen: {
    name: 'brew.kitchen.v1',
    key: 'orderId',
    producer: 'kitchen',
    events: ['KitchenStarted', 'OrderReady', 'TicketDropped'],
    partitions: PARTITIONS,
    replicationFactor: 3,
    config: keptFor(7),
  },
  shipments: {
    name: 'brew.shipments.v1',
    key: 'orderId',
    producer: 'courier',
    events: ['CourierAssigned', 'OrderDelivered'],
    partitions: PARTITIONS,
    replicationFactor: 3,
    config: keptFor(7),
  },
  stock: {
    name: 'brew.stock.v1',
    key: 'orderId',
    producer: 'catalog',
    events: ['StockReserved', 'StockRejected', 'StockReleased'],
    partitions: PARTITIONS,
    replicationFactor: 3,
    config: keptFor(7),
  },
  menu: {
    name: 'brew.menu.v1',
    key: 'sku',
    producer: 'catalog',
    events: ['MenuItemChanged'],
    partitions: PARTITIONS,
    replicationFactor: 3,
    config: { ...DURABLE, 'cleanup.policy': 'compact' },
  },
} satisfies Record<string, Topic>;

/**
 * Topics of a next version: each takes over from the topic of the same name above, by a change that its readers could not have
 * borne. A bridge feeds it, and makes it: until there is one nobody needs it, so a start does without.
 */
export const successors = {
  /** As many partitions as before, so that each key keeps its own. */
  orders: { ...topics.orders, name: 'brew.orders.v2' },
} satisfies Partial<Record<keyof typeof topics, Topic>>;

/** The topics whose records have an order's id as their key. */
export const orderTopics: readonly Topic[] = Object.values(topics).filter(({ key }) => key === 'orderId');

/**
 * Where a consumer group parks the records that it could not process. As many partitions as the sources, so
 * that a key keeps its partition number and a replay keeps its order.
 */
export function deadLetterTopic(group: string): TopicDeclaration {
  return {
    name: `${group}.dlq`,
    partitions: PARTITIONS,
    replicationFactor: 3,
    // Room for the headers that tell where the record came from: with the default of about 1 MB, a record that
    // just fitted its own topic would not fit here, and its partition would stand still for ever.
    config: { ...keptFor(30), 'max.message.bytes': String(2 * 1024 * 1024) },
  };
}
