import { join } from 'node:path';
import { ensureDatabases, registryDatabase } from '@brew/provision';
import { pino } from 'pino';
import {
  GenericContainer,
  Network,
  type StartedNetwork,
  type StartedTestContainer,
  Wait,
} from 'testcontainers';
import { healthAnswers } from '../healthAnswers.ts';
import { clusterId } from '../kafka/nodes.ts';
import { quorumStands } from '../kafka/ready.ts';
import { root } from '../paths.ts';
import type { Ports } from '../ports.ts';
import { postgresAnswers, superuserPassword } from '../postgres/server.ts';
import type { TestInfrastructure } from '../testing/infrastructure.ts';
import { runVariable } from '../testing/runVariable.ts';
import { uniqueName } from '../testing/uniqueName.ts';
import { images } from './engine.ts';

/** What the containers may take to answer, once they run. */
const READY_WITHIN_MS = 180_000;

const nodes = ['kafka-1', 'kafka-2', 'kafka-3'] as const;

/**
 * The second way to get what integration tests run on: the same as startInfrastructure, but each part a container, with the
 * settings that docker-compose.yml has. Data are gone with it.
 *
 * @param ports where it listens on this machine: brokers tell their clients addresses, so those have to be known before
 * @throws Error naming the container that did not start; then everything is removed again
 */
export async function startContainers(
  ports: Ports,
): Promise<TestInfrastructure & { stop: () => Promise<void> }> {
  // Its reaper would be one more image to pull. Jest's globalTeardown stops what was started here; after a SIGKILL of the run, the next
  // one finds it by its names.
  process.env.TESTCONTAINERS_RYUK_DISABLED ??= 'true';
  const run = uniqueName(process.env[runVariable] ?? 'brew-test');
  const network = await new Network({ nextUuid: () => run }).start();
  const started: StartedTestContainer[] = [];
  const stop = async () => {
    await Promise.all(started.map((container) => container.stop()));
    await network.stop();
  };
  const start = async (name: string, container: GenericContainer) => {
    const named = container
      .withName(`${run}-${name}`)
      // That it runs. Whether it answers is asked from outside: testcontainers would start three processes in it, ten times a second.
      .withWaitStrategy(Wait.forLogMessage(/\S/))
      .withStartupTimeout(READY_WITHIN_MS);
    const running = await named.start().catch((error: Error) => {
      const way = 'BREW_TEST_INFRA=embedded runs these tests without containers.';
      throw new Error(`The container ${name} did not start: ${error.message}. ${way}`, { cause: error });
    });
    started.push(running);
  };

  try {
    const strands = [
      ...nodes.map((name, index) => start(name, broker(index, network, ports))),
      start('postgres', postgres(network, ports)).then(async () => {
        await makeDatabases(urlOf(ports));
        await start('registry', registry(network, ports));
      }),
    ];
    await Promise.allSettled(strands);
    await Promise.all(strands);
    const infrastructure: TestInfrastructure = {
      brokers: ports.external.map((port) => `127.0.0.1:${port}`),
      registryUrl: `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`,
      postgresUrl: urlOf(ports),
    };
    await allAnswer(infrastructure.brokers, ports);
    return { ...infrastructure, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function broker(index: number, network: StartedNetwork, ports: Ports): GenericContainer {
  const [name, port] = [nodes[index] ?? '', ports.external[index] ?? 0];
  return new GenericContainer(images.kafka)
    .withNetwork(network)
    .withNetworkAliases(name)
    .withExposedPorts({ container: 9094, host: port })
    .withBindMounts([{ source: join(root, 'infra/kafka/config'), target: '/mnt/shared/config', mode: 'ro' }])
    .withEnvironment({
      CLUSTER_ID: clusterId,
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_NODE_ID: `${index + 1}`,
      KAFKA_CONTROLLER_QUORUM_VOTERS: nodes.map((node, other) => `${other + 1}@${node}:9093`).join(','),
      KAFKA_LISTENERS: 'EXTERNAL://:9094,INTERNAL://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `EXTERNAL://127.0.0.1:${port},INTERNAL://${name}:9092`,
      KAFKA_LOG_DIRS: '/var/lib/kafka/data',
      KAFKA_HEAP_OPTS: '-Xms32m -Xmx256m',
      KAFKA_JVM_PERFORMANCE_OPTS: '-XX:+UseSerialGC -XX:TieredStopAtLevel=1',
    });
}

function postgres(network: StartedNetwork, ports: Ports): GenericContainer {
  return new GenericContainer(images.postgres)
    .withNetwork(network)
    .withNetworkAliases('postgres')
    .withExposedPorts({ container: 5432, host: ports.postgres })
    .withEnvironment({
      POSTGRES_PASSWORD: superuserPassword,
      POSTGRES_INITDB_ARGS: '--encoding=UTF8 --no-locale --locale-provider=builtin --builtin-locale=C.UTF-8',
    })
    .withCommand(['postgres', '-c', 'max_connections=200', '-c', 'jit=off', '-c', 'io_method=sync']);
}

function registry(network: StartedNetwork, ports: Ports): GenericContainer {
  return new GenericContainer(images.registry)
    .withNetwork(network)
    .withExposedPorts(
      { container: 8080, host: ports.registry },
      { container: 9000, host: ports.registryManagement },
    )
    .withEnvironment({
      APICURIO_STORAGE_KIND: 'sql',
      APICURIO_STORAGE_SQL_KIND: 'postgresql',
      APICURIO_DATASOURCE_URL: `jdbc:postgresql://postgres:5432/${registryDatabase}`,
      APICURIO_DATASOURCE_USERNAME: registryDatabase,
      APICURIO_DATASOURCE_PASSWORD: registryDatabase,
      APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '2',
      APICURIO_DATASOURCE_JDBC_MIN_SIZE: '2',
      APICURIO_DATASOURCE_JDBC_MAX_SIZE: '8',
      APICURIO_RULES_GLOBAL_COMPATIBILITY: 'BACKWARD',
      JAVA_OPTS_APPEND: '-Xmx128m -XX:TieredStopAtLevel=1',
    });
}

const log = pino({ level: 'silent' });
const waiting = () => ({ signal: AbortSignal.timeout(READY_WITHIN_MS), timeoutMs: READY_WITHIN_MS });

async function makeDatabases(superuserUrl: string): Promise<void> {
  await postgresAnswers(superuserUrl, { ...waiting(), log });
  await ensureDatabases(superuserUrl, log);
}

async function allAnswer(brokers: string[], { registryManagement }: Ports): Promise<void> {
  await Promise.all([
    quorumStands(brokers, { signal: waiting().signal, log }),
    healthAnswers(`http://127.0.0.1:${registryManagement}/health/ready`, waiting()),
  ]);
}

function urlOf({ postgres: port }: Ports): string {
  return `postgresql://postgres:${superuserPassword}@127.0.0.1:${port}/postgres`;
}
