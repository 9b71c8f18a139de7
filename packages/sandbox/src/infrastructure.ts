import { ensureDatabases } from '@brew/provision';
import { fetchKafka, fetchRegistry } from './artifacts/fetch.ts';
import { findJdk, type Jdk } from './artifacts/java.ts';
import { healthAnswers } from './healthAnswers.ts';
import { formatNodes } from './kafka/format.ts';
import { clusterId, kafkaNodes } from './kafka/nodes.ts';
import { nodeSpec } from './kafka/prepare.ts';
import { brokerAnswers, quorumStands } from './kafka/ready.ts';
import { infrastructurePorts, type Ports } from './ports.ts';
import { postgresAnswers, preparePostgres, superuserPassword } from './postgres/server.ts';
import type { Exit, ManagedProcess, StopGroup } from './processes/supervisor.ts';
import { registrySpec, registryUrl } from './registry/registry.ts';
import { openSession, type SandboxOptions, type Session } from './session.ts';

/** PostgreSQL, the schema registry and three brokers, running. */
export interface Infrastructure extends AsyncDisposable {
  clusterId: string;
  /** Bootstrap addresses, host:port. */
  brokers: string[];
  /** Base address of the Confluent-compatible API. */
  registryUrl: string;
  /** Connection string of the superuser. */
  postgresUrl: string;
  /** Connection string of a service's database, with its own role. */
  databaseUrl(name: string): string;
  /** What runs now: postgres, registry, kafka-1, kafka-2, kafka-3, controllers where they are apart, and, in a system, the services. */
  processes(): ManagedProcess[];
  /** Ends one process by name, as it pleases a test or a lab: SIGKILL by default. Resolves when it is gone. */
  kill(name: string, signal?: NodeJS.Signals): Promise<Exit>;
  /** Starts a process again that was killed; resolves when it is ready. */
  start(name: string): Promise<void>;
  /** Stops everything in order, keeping the data. `now` kills instead, also while an orderly stop is under way. */
  stop(options?: { now?: boolean }): Promise<void>;
}

/**
 * Brokers and registry need nothing of each other. Dedicated controllers, where there are any, are what brokers hand
 * over their partitions by; PostgreSQL is the last that anything needs.
 */
export const infrastructureStopGroups: readonly StopGroup[] = [
  { names: ['kafka-1', 'kafka-2', 'kafka-3', 'registry'], graceMs: 7_000 },
  { names: ['controller-1', 'controller-2', 'controller-3'], graceMs: 2_000 },
  { names: ['postgres'], graceMs: 2_000 },
];

/**
 * Starts PostgreSQL, the registry and three brokers as child processes, on data that an earlier start left or on
 * empty folders, and resolves when all of them answer. A start that fails stops what it has started.
 *
 * @throws BrewError: JdkMissingError, MavenMissingError, PortTakenError, AlreadyRunningError, ProcessDiedError,
 *   DiskFullError, …: each says what is wrong and what to do
 */
export async function startInfrastructure(options: SandboxOptions = {}): Promise<Infrastructure> {
  const session = await openSession(options, infrastructurePorts);
  try {
    await bootInfrastructure(session);
  } catch (error) {
    await abandon(session);
    throw error;
  }
  await session.complete();
  return describe(session, infrastructureStopGroups);
}

/**
 * Starts the processes within a session that the caller opened, and ends when the start fails. What comes after
 * the brokers, or after the registry, doesn't wait for the other.
 */
export async function bootInfrastructure(
  session: Session,
  then: { brokers?: () => Promise<void>; registry?: () => Promise<void> } = {},
): Promise<void> {
  const jdk = await session.step(
    'JDK',
    () => findJdk(),
    ({ version, home }) => `${version} (${home})`,
  );
  // Two strands, side by side: the registry needs PostgreSQL, and neither needs the brokers.
  await session.together([
    startBrokers(session, jdk).then(then.brokers),
    startRegistry(session, jdk).then(then.registry),
  ]);
}

/** Ends what a failed start has started: all at once, for nothing has been acknowledged to anybody yet. */
export async function abandon(session: Session): Promise<void> {
  await session.stop([{ names: namesOf(session), graceMs: 3_000 }]);
}

/** The view of a running session that its user gets. */
export function describe(session: Session, stopGroups: readonly StopGroup[]): Infrastructure {
  const { ports } = session;
  let stopping: Promise<void> | undefined;
  const infrastructure: Infrastructure = {
    clusterId,
    brokers: brokersOf(session),
    registryUrl: registryUrl(ports),
    postgresUrl: superuserUrl(ports),
    databaseUrl: (name) => postgresUrl(ports, name, name, name),
    processes: session.running,
    kill: (name, signal = 'SIGKILL') => session.kill(name, signal),
    start: session.again,
    stop: ({ now = false } = {}) => {
      if (now) return session.stop([{ names: namesOf(session), graceMs: 0 }]);
      stopping ??= session.stop(stopGroups);
      return stopping;
    },
    [Symbol.asyncDispose]: () => infrastructure.stop(),
  };
  return infrastructure;
}

function namesOf(session: Session): string[] {
  return session.running().map(({ name }) => name);
}

export function brokersOf({ ports }: Session): string[] {
  return ports.external.map((port) => `127.0.0.1:${port}`);
}

async function startBrokers(session: Session, jdk: Jdk): Promise<void> {
  const { dir, ports, kafka, cacheDir, signal, step, log } = session;
  const nodes = kafkaNodes(dir, ports, kafka);
  const { folder: jars } = await step(
    'Kafka jars',
    () => fetchKafka({ cacheDir, jdk, signal }),
    ({ fetched }) => (fetched ? 'fetched' : 'cached'),
  );
  await step(
    'format',
    () => formatNodes(nodes, { jars, jdk }),
    (formatted) => (formatted ? `cluster ${clusterId}` : 'data of an earlier start'),
  );
  await session.together(
    nodes.map((node) =>
      step(node.name, async () =>
        session.run(await nodeSpec(node, { dir, jars, jdk }), (waiting) => brokerAnswers(node.port, waiting)),
      ),
    ),
  );
  await step('quorum', () => quorumStands(brokersOf(session), { signal, log }));
}

async function startRegistry(session: Session, jdk: Jdk): Promise<void> {
  const { dir, ports, cacheDir, signal, step, log } = session;
  const superuser = superuserUrl(ports);
  const startPostgres = step(
    'PostgreSQL',
    async () => {
      const { spec, initialised } = await preparePostgres(dir, ports);
      await session.run(spec, (waiting) => postgresAnswers(superuser, { ...waiting, log }));
      await ensureDatabases(superuser, log);
      return initialised;
    },
    (initialised) => (initialised ? 'new data folder' : 'data of an earlier start'),
  );
  const fetch = step(
    'registry download',
    () => fetchRegistry({ cacheDir, jdk, signal }),
    ({ fetched }) => (fetched ? 'fetched' : 'cached'),
  );
  const [{ folder }] = await session.together([fetch, startPostgres]);
  await step('registry', () =>
    session.run(registrySpec({ folder, ports, jdk }), (waiting) =>
      healthAnswers(`http://127.0.0.1:${ports.registryManagement}/health/ready`, waiting),
    ),
  );
}

/** Connection string of PostgreSQL's superuser. */
export const superuserUrl = (ports: Ports, password: string = superuserPassword): string =>
  postgresUrl(ports, 'postgres', password, 'postgres');

function postgresUrl(ports: Ports, user: string, password: string, database: string): string {
  return `postgresql://${user}:${password}@127.0.0.1:${ports.postgres}/${database}`;
}
