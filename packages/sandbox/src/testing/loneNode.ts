import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fetchKafka } from '../artifacts/fetch.ts';
import { findJdk } from '../artifacts/java.ts';
import { formatNodes } from '../kafka/format.ts';
import { type KafkaNode, kafkaNodes } from '../kafka/nodes.ts';
import { nodeSpec } from '../kafka/prepare.ts';
import { defaultCacheDir } from '../paths.ts';
import { freePorts, type Ports } from '../ports.ts';
import type { ProcessSpec } from '../processes/supervisor.ts';

/** A cluster of one, node 1, that a test may treat as it likes. */
export interface LoneNode extends AsyncDisposable {
  /** Of its listener EXTERNAL, on 127.0.0.1. */
  port: number;
  /** Its log.dirs. */
  data: string;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** In order. */
  stop(): Promise<void>;
  /** Starts it again after a kill. */
  start(): void;
}

/** In place of what the shared settings say for three. */
const alone = {
  'default.replication.factor': '1',
  'min.insync.replicas': '1',
  'offsets.topic.replication.factor': '1',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
};

export interface LoneNodeOptions {
  /** Beside those that all nodes share, or in their place. */
  settings?: (listeners: { external: number; internal: number }) => Record<string, string>;
  /** More arguments of StorageTool's format. */
  formatArgs?: readonly string[];
}

/** Starts one on free ports, in a folder that its end removes. Who has to wait until it answers, waits with a client. */
export async function startLoneNode(options: LoneNodeOptions = {}): Promise<LoneNode> {
  const [dir, ports] = await Promise.all([mkdtemp(join(tmpdir(), 'brew-node-')), freePorts()]);
  const { node, spec } = await prepareLoneNode(dir, ports, options);
  const { command, args: program, env } = spec;

  let running: ChildProcess;
  async function end(signal: NodeJS.Signals): Promise<void> {
    if (running.exitCode !== null || running.signalCode !== null) return;
    const gone = once(running, 'exit');
    running.kill(signal);
    await gone;
  }
  const lone: LoneNode = {
    port: node.port,
    data: node.data,
    start() {
      running = spawn(command, program, { cwd: dir, env, stdio: 'ignore' });
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async [Symbol.asyncDispose]() {
      await lone.kill();
      await rm(dir, { recursive: true });
    },
  };
  lone.start();
  return lone;
}

/** Makes its data folder, and tells how to run it. */
export async function prepareLoneNode(
  dir: string,
  ports: Ports,
  { settings = () => ({}), formatArgs: args = [] }: LoneNodeOptions = {},
): Promise<{ node: KafkaNode; spec: ProcessSpec }> {
  const jdk = await findJdk();
  const { folder: jars } = await fetchKafka({ cacheDir: defaultCacheDir, jdk });
  const [first] = kafkaNodes(dir, ports, 'combined');
  if (first === undefined) throw new Error('There are three.');
  const own = settings({ external: ports.external[0], internal: ports.internal[0] });
  const voters = { 'controller.quorum.voters': `${first.id}@127.0.0.1:${ports.controller[0]}` };
  const node = { ...first, settings: { ...first.settings, ...alone, ...voters, ...own } };
  await formatNodes([node], { jars, jdk, args });
  return { node, spec: await nodeSpec(node, { dir, jars, jdk }) };
}
