import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, layout, removeData, startInfrastructure } from '@brew/sandbox';
import type { Life } from '../bench/runBench.ts';
import { type Cluster, createCluster } from './cluster.ts';

/** Three brokers on free ports, in a folder that is removed, unless the work fails: then the logs in it tell why. */
export async function withCluster<Done>(
  { signal }: Pick<Life, 'signal'>,
  work: (cluster: Cluster, logs: string) => Promise<Done>,
): Promise<Done> {
  const dir = await mkdtemp(join(tmpdir(), 'brew-clients-'));
  const { logs } = layout(dir);
  try {
    await mkdir(logs);
    await using infrastructure = await startInfrastructure({ dir, ports: await freePorts(), signal });
    // What the tests' helpers know the cluster by.
    process.env.BREW_TEST_INFRASTRUCTURE = JSON.stringify(infrastructure);
    for (const unneeded of ['registry', 'postgres']) await infrastructure.kill(unneeded);
    await using cluster = createCluster(infrastructure);
    await cluster.untilWhole();
    return await work(cluster, logs);
  } finally {
    await removeData(dir);
    await rm(dir, { recursive: true, force: true });
  }
}
