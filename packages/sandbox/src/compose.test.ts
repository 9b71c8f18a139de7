import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { consumers, services } from '@brew/provision';
import { expect, test } from '@jest/globals';
import { clusterId } from './kafka/nodes.ts';
import { root } from './paths.ts';
import { defaultPorts } from './ports.ts';

// Containers of consumers are written by the command that makes a consumer, and are tested there.
const own = services.slice(0, services.length - consumers.length);

const read = (path: string) => readFile(join(root, path), 'utf8');
const compose = await read('docker-compose.yml');
const dedicated = await read('infra/kafka/dedicated/docker-compose.yml');
const example = Object.fromEntries(
  [...(await read('.env.example')).matchAll(/^([A-Z0-9_]+)=(.*)$/gm)].map(([, name = '', value]) => [
    name,
    value,
  ]),
);

test('.env.example has everything that compose can be told, with the value that counts without it', () => {
  const defaults = [...(compose + dedicated).matchAll(/\$\{([A-Z0-9_]+):-([^}]*)\}/g)];
  expect(Object.fromEntries(defaults.map(([, name = '', value]) => [name, value]))).toEqual(example);
});

test('what compose publishes is where the sandbox listens', () => {
  const { external, postgres, registry } = defaultPorts;
  expect(example).toMatchObject({
    ...Object.fromEntries(external.map((port, index) => [`KAFKA_${index + 1}_PORT`, `${port}`])),
    POSTGRES_PORT: `${postgres}`,
    REGISTRY_PORT: `${registry}`,
    ...Object.fromEntries(own.map(({ name, port }) => [`${name.toUpperCase()}_PORT`, `${port}`])),
  });
});

test('every process of ours is a container on its own database, and the cluster is the same', () => {
  for (const { folder, port, database } of own) {
    expect(compose).toMatch(
      new RegExp(
        `working_dir: /brew/${folder}\\n.*\\n.*\\n +PORT: ${port}\\n +DATABASE_URL: .*/${database}\\n`,
      ),
    );
  }
  for (const file of [compose, dedicated]) expect(file).toContain(`CLUSTER_ID: ${clusterId}`);
});
