import { tmpdir } from 'node:os';
import { registryDatabase } from '@brew/provision';
import { classArchive, type Jdk, javaEnv } from '../artifacts/java.ts';
import { type Ports, usesOf } from '../ports.ts';
import type { ProcessSpec } from '../processes/supervisor.ts';

/** The Confluent-compatible API, which is what clients speak. */
export function registryUrl(ports: Ports): string {
  return `http://127.0.0.1:${ports.registry}/apis/ccompat/v7`;
}

/** How to run the registry that stands unpacked in `folder`. */
export function registrySpec({
  folder,
  ports,
  jdk,
}: {
  folder: string;
  ports: Ports;
  jdk: Jdk;
}): ProcessSpec {
  return {
    name: 'registry',
    command: jdk.java,
    args: [
      '-Xmx128m',
      // Small and seldom asked (clients keep the schemas): memory and a quick start count, top speed doesn't.
      '-XX:+UseSerialGC',
      '-XX:TieredStopAtLevel=1',
      // Made when it stops for the first time: 3.4 s of CPU for a start, 5.6 without it.
      '-XX:+AutoCreateSharedArchive',
      `-XX:SharedArchiveFile=${classArchive(folder, jdk)}`,
      // Where it unpacks a library at each start, which a killed one leaves.
      `-Djava.io.tmpdir=${tmpdir()}`,
      '-jar',
      'quarkus-run.jar',
    ],
    cwd: folder,
    ports: usesOf(ports, ports.registry, ports.registryManagement),
    env: {
      ...javaEnv(),
      APICURIO_STORAGE_KIND: 'sql',
      APICURIO_STORAGE_SQL_KIND: 'postgresql',
      APICURIO_DATASOURCE_URL: `jdbc:postgresql://127.0.0.1:${ports.postgres}/${registryDatabase}`,
      APICURIO_DATASOURCE_USERNAME: registryDatabase,
      APICURIO_DATASOURCE_PASSWORD: registryDatabase,
      APICURIO_DATASOURCE_JDBC_INITIAL_SIZE: '2',
      APICURIO_DATASOURCE_JDBC_MIN_SIZE: '2',
      APICURIO_DATASOURCE_JDBC_MAX_SIZE: '8',
      // Its own default is NONE, which would wave everything through for a subject that nobody configured.
      APICURIO_RULES_GLOBAL_COMPATIBILITY: 'BACKWARD',
      QUARKUS_HTTP_HOST: '127.0.0.1',
      QUARKUS_HTTP_PORT: String(ports.registry),
      QUARKUS_MANAGEMENT_HOST: '127.0.0.1',
      QUARKUS_MANAGEMENT_PORT: String(ports.registryManagement),
    },
  };
}
