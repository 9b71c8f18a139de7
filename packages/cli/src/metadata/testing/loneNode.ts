import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, runKafkaTool, startKafkaTool } from '@brew/sandbox';

/** A cluster of one, that writes a snapshot and begins a segment every few records. */
export interface LoneNode extends AsyncDisposable {
  brokers: string[];
  /** Its log.dirs. */
  data: string;
}

/** Starts one on free ports, in a folder that its end removes. */
export async function startLoneNode(): Promise<LoneNode> {
  const dir = await mkdtemp(join(tmpdir(), 'brew-metadata-'));
  const { external, controller } = await freePorts();
  const [port, quorum] = [external[0], controller[0]];
  const [data, settings] = [join(dir, 'data'), join(dir, 'server.properties')];
  await writeFile(
    settings,
    `process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:${quorum}
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${quorum}
log.dirs=${data}
internal.metadata.log.segment.bytes=4000
metadata.log.max.record.bytes.between.snapshots=4000
`,
  );
  const format = ['format', '--cluster-id', '5nnS6DRtQnKwoMjkkVxxug', '--config', settings];
  await runKafkaTool('kafka.tools.StorageTool', format);
  const jvmFlags = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
  const node = await startKafkaTool('kafka.Kafka', [settings], { jvmFlags });
  node.stdout.resume();
  node.stderr.resume();
  return {
    brokers: [`127.0.0.1:${port}`],
    data,
    async [Symbol.asyncDispose]() {
      const gone = new Promise((resolve) => node.once('close', resolve));
      node.kill('SIGKILL');
      await gone;
      await rm(dir, { recursive: true });
    },
  };
}
