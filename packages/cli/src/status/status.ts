import { findRun, type Ports, services } from '@brew/sandbox';
import { addressesOf } from '../addresses.ts';
import { processFacts } from './processFacts.ts';
import type { ProcessStatus, Status } from './renderStatus.ts';

/** What runs from a folder, looked at from outside: also what has died shows. */
export async function status(dir: string): Promise<Status> {
  const run = await findRun(dir);
  if (!run) return { running: false, dir, startedAt: undefined, processes: [], addresses: addressesOf() };
  const pids = new Map(run.processes.map(({ name, pid }) => [name, pid]));
  const processes = await Promise.all([
    statusOf({ name: 'brew', port: undefined, url: undefined }, run.alive ? run.pid : undefined),
    ...expected(run.ports).map((process) => statusOf(process, pids.get(process.name))),
  ]);
  return { running: true, dir, startedAt: run.startedAt, processes, addresses: addressesOf(run.ports) };
}

interface Expected {
  name: string;
  /** Where clients find it. */
  port: number | undefined;
  /** Where it tells how it is. */
  url: string | undefined;
}

function expected(ports: Ports): Expected[] {
  return [
    { name: 'postgres', port: ports.postgres, url: undefined },
    { name: 'registry', port: ports.registry, url: undefined },
    ...ports.external.map((port, index) => ({ name: `kafka-${index + 1}`, port, url: undefined })),
    ...services.map(({ name }) => ({
      name,
      port: ports.services[name],
      url: `http://localhost:${ports.services[name]}/health/ready`,
    })),
  ];
}

async function statusOf({ name, port, url }: Expected, pid: number | undefined): Promise<ProcessStatus> {
  const facts = pid === undefined ? undefined : await processFacts(pid);
  if (pid === undefined || facts === undefined) {
    return { name, pid: undefined, port, state: 'dead', residentBytes: undefined, uptimeMs: undefined };
  }
  const { residentBytes, uptimeMs } = facts;
  return { name, pid, port, state: url ? await healthOf(url) : 'running', residentBytes, uptimeMs };
}

async function healthOf(url: string): Promise<ProcessStatus['state']> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    const { status } = (await response.json()) as { status?: ProcessStatus['state'] };
    return status ?? 'not_ready';
  } catch {
    return 'not_ready';
  }
}
