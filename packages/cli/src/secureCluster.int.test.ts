import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLoneBroker } from '@brew/kafka/testing/loneBroker';
import { until } from '@brew/sandbox/testing';
import { expect, it } from '@jest/globals';
import { clusterOf } from './cluster.ts';
import { quorumStatus } from './quorum/quorumStatus.ts';
import { collect } from './testing/collect.ts';
import { topics } from './topics/topics.ts';

it('looks at a cluster that wants TLS and a password, by the file that Kafka has for that', async () => {
  await using broker = await startLoneBroker();
  const folder = await mkdtemp(join(tmpdir(), 'brew-secure-'));
  const { brokers, tls, sasl } = broker.reach;
  const configOf = async (password: string) => {
    const file = join(folder, `${password}.properties`);
    await writeFile(join(folder, 'ca.pem'), String(tls.ca));
    await writeFile(
      file,
      `security.protocol=SASL_SSL
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="${sasl.username}" password="${password}";
ssl.truststore.type=PEM
ssl.truststore.location=${join(folder, 'ca.pem')}
`,
    );
    return file;
  };
  const cluster = async (password: string) =>
    await clusterOf({ bootstrap: [...brokers], clientConfig: await configOf(password) });

  const reached = await until(() => cluster(sasl.password), { what: 'the broker' });
  const { io, lines } = collect();
  expect(await quorumStatus({ compare: true }, reached, io, new AbortController().signal)).toBe(true);
  expect(lines.join('\n')).toMatch(/^1 +localhost .* broker \+ active controller$/m);
  expect(lines.at(-1)).toBe('Both say the same.');

  const stranger = await cluster('wrong');
  await expect(topics(undefined, {}, stranger, io)).rejects.toThrow(
    /could not be reached to describe topics: .*[Aa]uthentication/s,
  );
  await rm(folder, { recursive: true });
});
