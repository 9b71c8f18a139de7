import { defaultPorts, findRun, kafkaNodes, type Run } from '@brew/sandbox';
import { type Addresses, addressesOf, answers, anyBrokerAnswers, servicesOf } from '../addresses.ts';
import { summaries } from '../dlq/groups.ts';
import { processFacts } from './processFacts.ts';
import type { ProcessStatus, Status } from './renderStatus.ts';

/** Who takes longer is shown as one that does not answer. */
const PATIENCE_MS = 2_000;

/**
 * What runs from a folder, looked at from outside: also what has died shows. When nothing does, whatever answers at the
 * addresses that the documentation names: containers have no process of ours, but they have health.
 */
export async function status(dir: string): Promise<Status> {
  const run = await findRun(dir);
  if (!run) return statusElsewhere(dir);
  const pids = new Map(run.processes.map(({ name, pid }) => [name, pid]));
  const addresses = addressesOf(run.ports);
  const [deadLetters, ...processes] = await Promise.all([
    lettersOf(addresses),
    statusOf({ name: 'brew', port: undefined, url: undefined }, run.alive ? run.pid : undefined),
    ...expected(run).map((process) => statusOf(process, pids.get(process.name))),
  ]);
  return { running: true, dir, startedAt: run.startedAt, processes, deadLetters, addresses };
}

async function statusElsewhere(dir: string): Promise<Status> {
  const addresses = addressesOf();
  const running = await anyBrokerAnswers(addresses);
  const all = running ? expected({ dir, ports: defaultPorts, kafka: 'combined' }) : [];
  const processes = await Promise.all(
    all.map(async ({ name, port, url }): Promise<ProcessStatus> => {
      const there = await answers(`localhost:${port}`);
      const state = !there ? 'dead' : url ? await healthOf(url) : 'running';
      return { name, pid: undefined, port, state, residentBytes: undefined, uptimeMs: undefined };
    }),
  );
  const deadLetters = running ? await lettersOf(addresses) : [];
  return { running, dir, startedAt: undefined, processes, deadLetters, addresses };
}

async function lettersOf(addresses: Addresses): Promise<Status['deadLetters']> {
  return (await summaries(addresses, AbortSignal.timeout(PATIENCE_MS))).map(
    ({ group, waiting, parkedKeys, oldestAt }) => ({ group, letters: waiting, parkedKeys, oldestAt }),
  );
}

interface Expected {
  name: string;
  /** Where clients find it. */
  port: number | undefined;
  /** Where it tells how it is. */
  url: string | undefined;
}

function expected({ dir, ports, kafka }: Pick<Run, 'dir' | 'ports' | 'kafka'>): Expected[] {
  return [
    { name: 'postgres', port: ports.postgres, url: undefined },
    { name: 'registry', port: ports.registry, url: undefined },
    ...kafkaNodes(dir, ports, kafka).map(({ name, port }) => ({ name, port, url: undefined })),
    ...servicesOf(ports).map(({ name }) => ({
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
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) });
    const { status } = (await response.json()) as { status?: ProcessStatus['state'] };
    return status ?? 'not_ready';
  } catch {
    return 'not_ready';
  }
}
