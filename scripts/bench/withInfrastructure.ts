import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts, type Infrastructure, type Ports, removeData, startInfrastructure } from '@brew/sandbox';
import { machine } from './machine.ts';

/**
 * Brokers, registry and PostgreSQL on free ports, in a folder that is removed.
 * @param work ends by itself when the signal is aborted: they are there until it has
 */
export async function withInfrastructure(
  signal: AbortSignal,
  work: (infrastructure: Infrastructure, ports: Ports) => Promise<void>,
): Promise<void> {
  const dir = await mkdtemp(join(tmpdir(), 'brew-bench-'));
  try {
    const ports = await freePorts();
    await using infrastructure = await startInfrastructure({ dir, ports, signal });
    console.log(`${machine()}\n`);
    await work(infrastructure, ports);
  } finally {
    await removeData(dir);
    await rm(dir, { recursive: true, force: true });
  }
}
