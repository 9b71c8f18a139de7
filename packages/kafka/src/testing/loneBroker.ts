import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, runKafkaTool, startKafkaTool } from '@brew/sandbox';
import type { KafkaClientOptions } from '../client.ts';

/** A cluster of one, that a test may treat as it likes. It talks TLS alone, and to one user alone. */
export interface LoneBroker extends AsyncDisposable {
  /** For createKafkaClient. */
  reach: Required<Pick<KafkaClientOptions, 'brokers' | 'tls' | 'sasl'>>;
  /** Where it keeps its partitions, a folder each. */
  data: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Starts it again after a kill. */
  start(): Promise<void>;
}

const USER = { username: 'alice', password: 'open sesame' };
const STORE_PASSWORD = 'changeit';
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** Starts one on free ports, in a folder that its end removes. Its certificate is signed by nobody but itself. */
export async function startLoneBroker(): Promise<LoneBroker> {
  const dir = await mkdtemp(join(tmpdir(), 'brew-broker-'));
  const { external, controller } = await freePorts();
  const keystore = join(dir, 'keystore.p12');
  const data = join(dir, 'data');
  const settings = join(dir, 'broker.properties');
  await writeFile(settings, propertiesOf({ port: external[0], controller: controller[0], keystore, data }));

  const store = ['-alias', 'broker', '-keystore', keystore, '-storepass', STORE_PASSWORD];
  await keytool(
    '-genkeypair',
    ...store,
    '-keyalg',
    'EC',
    '-dname',
    'CN=localhost',
    '-ext',
    'san=dns:localhost',
  );
  const certificate = await keytool('-exportcert', '-rfc', ...store);
  const scram = ['SCRAM-SHA-256', 'SCRAM-SHA-512'].flatMap((mechanism) => [
    '--add-scram',
    `${mechanism}=[name=${USER.username},password=${USER.password}]`,
  ]);
  const format = ['format', '--cluster-id', '5nnS6DRtQnKwoMjkkVxxug', '--config', settings];
  await runKafkaTool('kafka.tools.StorageTool', [...format, ...scram], { jvmFlags: JVM });

  let running: Awaited<ReturnType<typeof startKafkaTool>> | undefined;
  const broker: LoneBroker = {
    reach: {
      brokers: [`localhost:${external[0]}`],
      tls: { ca: certificate },
      sasl: { mechanism: 'PLAIN', ...USER },
    },
    data,
    async start() {
      running = await startKafkaTool('kafka.Kafka', [settings], { jvmFlags: JVM });
      running.stdout.resume();
      running.stderr.resume();
    },
    async kill() {
      const gone = new Promise((resolve) => running?.once('close', resolve));
      running?.kill('SIGKILL');
      await gone;
    },
    async [Symbol.asyncDispose]() {
      await broker.kill();
      await rm(dir, { recursive: true });
    },
  };
  await broker.start();
  return broker;
}

const keytool = (...args: string[]) =>
  runKafkaTool('sun.security.tools.keytool.Main', args, { jvmFlags: JVM });

interface Places {
  port: number;
  controller: number;
  keystore: string;
  data: string;
}

const propertiesOf = ({ port, controller, keystore, data }: Places) => `
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${controller}
controller.listener.names=CONTROLLER
listeners=CLIENTS://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}
advertised.listeners=CLIENTS://localhost:${port}
listener.security.protocol.map=CLIENTS:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=CLIENTS
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.clients.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \\
  username="${USER.username}" password="${USER.password}" user_${USER.username}="${USER.password}";
listener.name.clients.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.clients.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.location=${keystore}
ssl.keystore.type=PKCS12
ssl.keystore.password=${STORE_PASSWORD}
ssl.truststore.location=${keystore}
ssl.truststore.type=PKCS12
ssl.truststore.password=${STORE_PASSWORD}
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
log.dirs=${data}
`;
