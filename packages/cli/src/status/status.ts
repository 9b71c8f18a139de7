import { stat } from 'node:fs/promises';
import { defaultPorts, findRun, freeMiB, kafkaNodes, layout, type Run, tellRun } from '@brew/sandbox';
import { type Addresses, addressesOf, answers, anyBrokerAnswers, servicesOf } from '../addresses.ts';
import { askSummaries } from '../dlq/groups.ts';
import { healthOf } from './health.ts';
import { processFacts } from './processFacts.ts';
import type { ProcessStatus, Status } from './renderStatus.ts';
import { type Ask, askNode, askPostgres, askRegistry, clusterStatus, signOf } from './signsOfLife.ts';

/**
 * What runs from a folder, looked at from outside: also what has died shows. When nothing does, whatever answers at the
 * addresses that the documentation names: containers have no process of ours, but they have health.
 */
export async function status(dir: string): Promise<Status> {
  const run = await findRun(dir);
  if (!run) return statusElsewhere(dir);
  const pids = new Map(run.processes.map(({ name, pid }) => [name, pid]));
  const addresses = addressesOf(run.ports);
  const [told, free, letters, cluster, ...processes] = await Promise.all([
    toldOf(run),
    freeMiB(dir),
    lettersOf(addresses),
    clusterStatus(addresses.brokers),
    statusOf({ name: 'brew', port: undefined }, run.alive ? run.pid : undefined),
    ...expectedProcesses(run).map((process) => statusOf(process, pids.get(process.name))),
  ]);
  for (const process of processes)
    if (process.state === 'dead' && told.fates[process.name]?.state === 'stopped') process.state = 'stopped';
  const { startedAt, alive, readyAt } = run;
  const starting = alive && readyAt === undefined;
  return {
    running: true,
    starting,
    dir,
    startedAt,
    processes,
    ...told,
    cluster,
    freeMiB: free,
    ...letters,
    addresses,
  };
}

/** On a full disk run.json tells what was, so the process that writes it is asked first. */
async function toldOf({ dir, fates }: Run): Promise<Pick<Status, 'fates' | 'fatesAt' | 'drill'>> {
  const told = await tellRun(dir);
  if (told !== undefined) return { fates: told.fates, fatesAt: undefined, drill: told.isHeld };
  const written = await stat(layout(dir).runFile).catch(() => undefined);
  return { fates, fatesAt: written?.mtime.toISOString(), drill: false };
}

async function statusElsewhere(dir: string): Promise<Status> {
  const addresses = addressesOf();
  const running = await anyBrokerAnswers(addresses);
  const all = running ? expectedProcesses({ dir, ports: defaultPorts, kafka: 'combined' }) : [];
  const processes = await Promise.all(
    all.map(async ({ name, port, ...how }): Promise<ProcessStatus> => {
      const there = await answers(`localhost:${port}`);
      const health = !there ? { state: 'dead' as const } : await stateOf(how);
      return { name, pid: undefined, port, residentBytes: undefined, uptimeMs: undefined, ...health };
    }),
  );
  const letters = running ? await lettersOf(addresses) : { deadLetters: [], deadLettersUnknown: [] };
  return {
    running,
    starting: false,
    dir,
    startedAt: undefined,
    processes,
    fates: {},
    fatesAt: undefined,
    drill: false,
    cluster: running ? await clusterStatus(addresses.brokers) : undefined,
    freeMiB: undefined,
    ...letters,
    addresses,
  };
}

async function lettersOf(addresses: Addresses): Promise<Pick<Status, 'deadLetters' | 'deadLettersUnknown'>> {
  const answers = await askSummaries(addresses);
  return {
    deadLetters: answers
      .flatMap(({ answer }) => answer ?? [])
      .map(({ group, waiting, parkedKeys, oldestAt }) => ({ group, letters: waiting, parkedKeys, oldestAt })),
    deadLettersUnknown: answers.flatMap(({ group, problem }) =>
      problem === undefined ? [] : [{ group, problem }],
    ),
  };
}

interface Expected {
  name: string;
  /** Where clients find it. */
  port: number | undefined;
  /** Where it tells how it is. */
  url?: string;
  /** How one that has no such place gives a sign of life. */
  ask?: Ask;
}

/** What is to run, whether it does or not. */
export function expectedProcesses({ dir, ports, kafka }: Pick<Run, 'dir' | 'ports' | 'kafka'>): Expected[] {
  const { databaseUrl, registryUrl } = addressesOf(ports);
  return [
    { name: 'postgres', port: ports.postgres, ask: askPostgres(databaseUrl('postgres')) },
    { name: 'registry', port: ports.registry, ask: askRegistry(registryUrl) },
    ...kafkaNodes(dir, ports, kafka).map(({ name, port }) => ({ name, port, ask: askNode(port) })),
    ...servicesOf(ports).map(({ name }) => ({
      name,
      port: ports.services[name],
      url: `http://localhost:${ports.services[name]}/health/ready`,
    })),
  ];
}

const stateOf = ({ url, ask }: Pick<Expected, 'url' | 'ask'>) =>
  url ? healthOf(url) : ask ? signOf(ask) : ({ state: 'running' } as const);

/** How one of them is. */
export async function statusOf(expected: Expected, pid: number | undefined): Promise<ProcessStatus> {
  const { name, port, url } = expected;
  const facts = pid === undefined ? undefined : await processFacts(pid);
  if (pid === undefined || facts === undefined) {
    const dead = { state: 'dead', residentBytes: undefined, uptimeMs: undefined } as const;
    const { state: replacedBy, ...told } = url ? await healthOf(url) : { state: 'no_answer' as const };
    return {
      name,
      pid: undefined,
      port,
      ...dead,
      ...(replacedBy !== 'no_answer' && { replacedBy, ...told }),
    };
  }
  const { residentBytes, uptimeMs, isFrozen } = facts;
  const health = isFrozen ? frozen(pid) : await stateOf(expected);
  return { name, pid, port, residentBytes, uptimeMs, ...health };
}

const frozen = (pid: number) =>
  ({
    state: 'frozen',
    standsStill: `it is frozen (SIGSTOP). It goes on with: kill -CONT ${pid}`,
  }) as const;
