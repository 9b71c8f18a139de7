import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type LoneNode, type LoneNodeOptions, startLoneNode } from '@brew/sandbox/testing/loneNode';
import type { KafkaClientOptions } from '../client.ts';

/** A cluster of one, that a test may treat as it likes. It talks TLS alone, and to two users alone. */
export interface LoneBroker extends LoneNode {
  /** For createKafkaClient: of who may do everything. */
  reach: Required<Pick<KafkaClientOptions, 'brokers' | 'tls' | 'sasl'>>;
  /** Of who may do what ACLs say. */
  bound: { mechanism: 'PLAIN'; username: string; password: string };
}

const USER = { username: 'alice', password: 'open sesame' };
const BOUND = { username: 'bob', password: 'knock knock' };

/** A key and a certificate that is signed by nobody but itself: made once, for it takes two JVMs, or a program that not everybody has. */
const certificateFile = fileURLToPath(new URL('./localhost.pem', import.meta.url));

/** Starts one on free ports, in a folder that its end removes. */
export async function startLoneBroker(): Promise<LoneBroker> {
  const pem = await readFile(certificateFile, 'utf8');
  const node = await startLoneNode({
    settings: secured,
    formatArgs: ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
      '--add-scram',
      `${mechanism}=[name=${USER.username},password=${USER.password}]`,
    ]),
  });
  return {
    ...node,
    reach: {
      brokers: [`localhost:${node.port}`],
      tls: { ca: pem.slice(pem.indexOf('-----BEGIN CERTIFICATE')) },
      sasl: { mechanism: 'PLAIN', ...USER },
    },
    bound: { mechanism: 'PLAIN', ...BOUND },
  };
}

const secured: NonNullable<LoneNodeOptions['settings']> = ({ external, internal }) => {
  const module = 'org.apache.kafka.common.security';
  const listener = 'listener.name.external';
  return {
    'advertised.listeners': `EXTERNAL://localhost:${external},INTERNAL://127.0.0.1:${internal}`,
    'listener.security.protocol.map': 'EXTERNAL:SASL_SSL,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
    [`${listener}.plain.sasl.jaas.config`]: `${module}.plain.PlainLoginModule required ${[USER, BOUND].map(({ username, password }) => `user_${username}="${password}"`).join(' ')};`,
    [`${listener}.scram-sha-256.sasl.jaas.config`]: `${module}.scram.ScramLoginModule required;`,
    [`${listener}.scram-sha-512.sasl.jaas.config`]: `${module}.scram.ScramLoginModule required;`,
    'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users': `User:ANONYMOUS;User:${USER.username}`,
    'ssl.keystore.type': 'PEM',
    'ssl.keystore.location': certificateFile,
  };
};
