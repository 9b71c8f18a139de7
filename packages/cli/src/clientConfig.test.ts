import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { readClientConfig } from './clientConfig.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'brew-client-'));
  await writeFile(join(folder, 'ca.pem'), 'a certificate');
});
afterAll(() => rm(folder, { recursive: true }));

async function read(...lines: string[]) {
  const file = join(folder, 'client.properties');
  await writeFile(file, lines.join('\n').replaceAll('FOLDER', folder));
  return await readClientConfig(file);
}

const jaas =
  'sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\\n  username="alice" password="open sesame";';

it('is plain when nothing is said', async () => {
  expect(await read('# nothing')).toEqual({});
});

it('takes who we are, and whom we trust', async () => {
  expect(
    await read(
      'security.protocol=SASL_SSL',
      'sasl.mechanism=SCRAM-SHA-512',
      jaas,
      'ssl.truststore.type=PEM',
      'ssl.truststore.location=FOLDER/ca.pem',
    ),
  ).toEqual({
    tls: { ca: 'a certificate' },
    sasl: { mechanism: 'SCRAM-SHA-512', username: 'alice', password: 'open sesame' },
  });
  expect(await read('security.protocol=ssl', 'ssl.endpoint.identification.algorithm=')).toEqual({
    tls: { checkServerIdentity: expect.any(Function) },
  });
});

it.each<[string[], RegExp]>([
  [['security.protocol=TLS'], /security\.protocol TLS .* Take PLAINTEXT, SSL/],
  [
    ['security.protocol=SASL_SSL', 'sasl.mechanism=GSSAPI', jaas],
    /sasl\.mechanism GSSAPI .* Take PLAIN, SCRAM/,
  ],
  [['security.protocol=SASL_PLAINTEXT', 'sasl.mechanism=PLAIN'], /sasl\.jaas\.config has no username/],
  [
    ['security.protocol=SSL', 'ssl.truststore.location=FOLDER/trust.jks'],
    /trust\.jks is of the type JKS.*keytool -exportcert/,
  ],
  [
    ['security.protocol=SSL', 'ssl.truststore.type=PEM', 'ssl.truststore.location=FOLDER/no.pem'],
    /no\.pem can not be read: ENOENT/,
  ],
])('says what can not be met, and what to do: %j', async (lines, message) => {
  await expect(read(...lines)).rejects.toThrow(message);
});

it('says so when the file is not there', async () => {
  await expect(readClientConfig('/nowhere/client.properties')).rejects.toThrow(/there is no such file/);
});
