import {
  declaredTopics,
  ensureSchemas,
  ensureTopics,
  insist,
  type ServiceDeclaration,
  services,
} from '@brew/provision';
import { healthAnswers } from './healthAnswers.ts';
import {
  abandon,
  bootInfrastructure,
  brokersOf,
  describe,
  type Infrastructure,
  infrastructureStopGroups,
} from './infrastructure.ts';
import { systemPorts } from './ports.ts';
import type { StopGroup } from './processes/supervisor.ts';
import { registryUrl } from './registry/registry.ts';
import type { SystemSettings } from './serviceEnv.ts';
import { serviceSpec } from './serviceSpec.ts';
import { openSession, type SandboxOptions, type Session } from './session.ts';

/** The infrastructure with the five services and the simulator on it. */
export interface System extends Infrastructure {
  /** Where one of our processes listens. */
  url(name: ServiceDeclaration['name']): string;
}

/** Whoever sends work stops before whoever does it. Together 16 s at the very most. */
const systemStopGroups: readonly StopGroup[] = [
  { names: ['simulator'], graceMs: 1_000 },
  { names: services.map(({ name }) => name), graceMs: 4_000 },
  ...infrastructureStopGroups,
];

/**
 * Starts everything: infrastructure, topics, schemas, services, simulator. Resolves when all of them are ready.
 * A start that fails stops what it has started.
 *
 * @throws BrewError as startInfrastructure does; TopicDiffersError when the cluster has a topic that is not as declared
 */
export async function startSystem(options: SandboxOptions & SystemSettings = {}): Promise<System> {
  const session = await openSession(options, systemPorts);
  try {
    await bootInfrastructure(session, {
      brokers: () => createTopics(session),
      registry: () => registerSchemas(session),
    });
    await startServices(session, options);
  } catch (error) {
    await abandon(session);
    throw error;
  }
  // Customers wait for these two alone.
  await session.complete(options.equalPriorities ? {} : { inFront: ['order', 'postgres'] });
  return {
    ...describe(session, systemStopGroups),
    url: (name) => urlOf(session, name),
  };
}

async function createTopics(session: Session): Promise<void> {
  const { step, log, signal } = session;
  await step(
    'topics',
    () => ensureTopics(brokersOf(session), { log, signal }),
    (created) => `${declaredTopics.length}, ${created} of them new`,
  );
}

async function registerSchemas({ step, log, ports, signal }: Session): Promise<void> {
  await step(
    'schemas',
    () =>
      insist(
        () => ensureSchemas(registryUrl(ports), log),
        (error) => log.warn({ err: error }, 'waiting for the schema registry'),
        signal,
      ),
    (count) => `${count}`,
  );
}

/** All at once: each waits for what it needs by itself. */
async function startServices(session: Session, settings: SystemSettings): Promise<void> {
  const started = services.map((service) => startService(session, service, settings));
  const migrations = session.step('migrations', () => Promise.all(started.map(({ migrated }) => migrated)));
  await session.together([migrations, ...started.map(({ ready }) => ready)]);
}

function startService(session: Session, service: ServiceDeclaration, settings: SystemSettings) {
  const readyUrl = `${urlOf(session, service.name)}/health/ready`;
  const { promise: migrated, resolve, reject } = Promise.withResolvers<void>();
  const onAnswer = (body: string) => {
    // A service migrates its database before anything else; until that is done, this is what it waits for.
    if (!body.includes('"waitingFor":"PostgreSQL"')) resolve();
  };
  const ready = session.step(service.name, () =>
    session.run(serviceSpec(service, session, settings), (waiting) =>
      healthAnswers(readyUrl, { ...waiting, onAnswer }),
    ),
  );
  ready.catch(reject);
  return { migrated, ready };
}

function urlOf({ ports }: Pick<Session, 'ports'>, name: ServiceDeclaration['name']): string {
  return `http://127.0.0.1:${ports.services[name]}`;
}
