import { readFile } from 'node:fs/promises';
import type { KafkaClientOptions } from '@brew/kafka';
import { ArgumentInvalidError, FileUnreadableError } from './errors.ts';
import { parseProperties } from './text/properties.ts';

/** How a cluster wants to be talked to; empty: in plain. */
export type Security = Pick<KafkaClientOptions, 'tls' | 'sasl'>;

const MECHANISMS = ['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const;

/**
 * Reads what Kafka's own tools take as --command-config: security.protocol, sasl.* and ssl.* in a .properties file. Certificates
 * have to be PEM.
 * @throws FileUnreadableError, ArgumentInvalidError naming the setting that can't be met
 */
export async function readClientConfig(file: string): Promise<Security> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new FileUnreadableError(
      file,
      error.code === 'ENOENT' ? 'there is no such file' : String(error.code),
    );
  });
  const settings = new Map(parseProperties(text).map(({ name, value }) => [name, value]));
  const protocol = settings.get('security.protocol')?.toUpperCase() ?? 'PLAINTEXT';
  if (!/^(SASL_)?(PLAINTEXT|SSL)$/.test(protocol)) {
    throw new ArgumentInvalidError(
      `The security.protocol ${protocol} in ${file} is none.`,
      'Take PLAINTEXT, SSL, SASL_PLAINTEXT or SASL_SSL.',
    );
  }
  return {
    ...(protocol.endsWith('SSL') && { tls: await tlsIn(settings) }),
    ...(protocol.startsWith('SASL') && { sasl: saslIn(settings) }),
  };
}

type Settings = ReadonlyMap<string, string>;

function saslIn(settings: Settings): NonNullable<Security['sasl']> {
  const given = settings.get('sasl.mechanism') ?? 'GSSAPI';
  const mechanism = MECHANISMS.find((each) => each === given.toUpperCase());
  if (!mechanism) {
    throw new ArgumentInvalidError(
      `The sasl.mechanism ${given} is not one that Brew has.`,
      `Take ${MECHANISMS.join(', ')}.`,
    );
  }
  const jaas = settings.get('sasl.jaas.config') ?? '';
  const read = (name: string) => new RegExp(`\\b${name}\\s*=\\s*"([^"]*)"`).exec(jaas)?.[1];
  const [username, password] = [read('username'), read('password')];
  if (username === undefined || password === undefined) {
    throw new ArgumentInvalidError(
      'sasl.jaas.config has no username="…" and password="…".',
      'Write both, in quotes.',
    );
  }
  return { mechanism, username, password };
}

async function tlsIn(settings: Settings): Promise<NonNullable<Security['tls']>> {
  const ca = settings.get('ssl.truststore.certificates') ?? (await pemAt(settings, 'truststore'));
  const keystore = await pemAt(settings, 'keystore');
  const [cert, key] = [
    settings.get('ssl.keystore.certificate.chain') ?? keystore,
    settings.get('ssl.keystore.key') ?? keystore,
  ];
  const passphrase = settings.get('ssl.key.password');
  return {
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && key !== undefined && { cert, key }),
    ...(passphrase !== undefined && { passphrase }),
    // As Kafka has it: an empty name for how the broker's name is checked switches that off.
    ...(settings.get('ssl.endpoint.identification.algorithm') === '' && {
      checkServerIdentity: () => undefined,
    }),
  };
}

async function pemAt(settings: Settings, store: 'truststore' | 'keystore'): Promise<string | undefined> {
  const location = settings.get(`ssl.${store}.location`);
  if (location === undefined) return undefined;
  const type = settings.get(`ssl.${store}.type`) ?? 'JKS';
  if (type.toUpperCase() !== 'PEM') {
    throw new ArgumentInvalidError(
      `${location} is of the type ${type}, which is Java's alone.`,
      `Write its certificates as PEM (keytool -exportcert -rfc -keystore ${location} -alias NAME), and set ssl.${store}.type=PEM.`,
    );
  }
  return await readFile(location, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new FileUnreadableError(location, String(error.code));
  });
}
