import type { EventType } from '@brew/events';
import { defaultPorts, infrastructurePorts } from '@brew/sandbox';
import { ArgumentInvalidError } from '../errors.ts';
import type { ServiceEntry } from './serviceList.ts';

/** The flags of `brew new consumer`. */
export interface NewConsumerOptions {
  events: readonly EventType[];
  from: 'beginning' | 'now';
  fanOut?: boolean;
  projection?: boolean;
  /** Left out: the next one that nobody has. */
  port?: number;
  dryRun?: boolean;
}

/** What is to be written. */
export interface ConsumerPlan {
  name: string;
  /**
   * Who has the offsets: the group in Kafka, whose instances share the partitions; the database, in the transaction that writes
   * what was made of them (projection); or nobody, so that every instance sees everything (fan-out).
   */
  kind: 'group' | 'fan-out' | 'projection';
  events: readonly EventType[];
  from: 'beginning' | 'now';
  port: number;
}

const FIRST_PORT = 3006;
const MAX_LENGTH = 40;

/** Logs, containers, databases and roles that there are beside those of the services. */
const reserved =
  /^(postgres|registry|kafka-.*|controller-.*|brew.*|supervisor|gateway|consumers|databases|topics|schemas|public|none|template[01])$/;

/**
 * Checks all that can be known before anything is written.
 * @param services the list as it is
 * @throws ArgumentInvalidError
 */
export function planConsumer(
  name: string,
  options: NewConsumerOptions,
  services: readonly ServiceEntry[],
): ConsumerPlan {
  requireName(name, services);
  if (options.fanOut && options.projection) {
    throw new ArgumentInvalidError(
      '--fan-out and --projection exclude each other: the one keeps what every instance sees in memory, the other in the database.',
      'Leave one of them out.',
    );
  }
  const kind = options.fanOut ? 'fan-out' : options.projection ? 'projection' : 'group';
  const { events, from } = options;
  return { name, kind, events, from, port: portFor(options.port, services) };
}

function requireName(name: string, services: readonly ServiceEntry[]): void {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name) || name.length > MAX_LENGTH) {
    const example = slugOf(name) || 'loyalty';
    throw new ArgumentInvalidError(
      `"${name}" can not be the name of a consumer: it is its group, its folder and its database.`,
      `Take lower-case letters, digits and single hyphens, ${MAX_LENGTH} at most, such as ${example}.`,
    );
  }
  const owner = services.find((service) => service.name === name || service.database === name);
  if (owner) {
    const what =
      owner.name === name ? `There is a service ${name} already` : `${name} is the database of ${owner.name}`;
    throw new ArgumentInvalidError(`${what}.`, `Take another name, such as ${name}-2.`);
  }
  if (reserved.test(name)) {
    throw new ArgumentInvalidError(
      `${name} is the name of something that Brew is made of.`,
      `Take another one, such as ${slugOf(`my-${name}`)}.`,
    );
  }
}

function portFor(wanted: number | undefined, services: readonly ServiceEntry[]): number {
  const taken = new Map([
    ...infrastructurePorts(defaultPorts).map(({ port, use }) => [port, use] as const),
    ...services.map(({ port, name }) => [port, name] as const),
  ]);
  let free = FIRST_PORT;
  while (taken.has(free)) free++;
  const owner = wanted === undefined ? undefined : taken.get(wanted);
  if (owner !== undefined) {
    throw new ArgumentInvalidError(
      `Port ${wanted} is that of ${owner}.`,
      `Take another one, such as --port ${free}.`,
    );
  }
  return wanted ?? free;
}

/** `My Loyalty_App` → `my-loyalty-app`. */
const slugOf = (text: string): string =>
  text
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^[^a-z]+|-+$/g, '')
    .slice(0, MAX_LENGTH)
    .replace(/-$/, '');
