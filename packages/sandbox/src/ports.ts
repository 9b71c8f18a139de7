import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import { type ServiceDeclaration, services } from '@brew/provision';

/** One port per node: kafka-1, kafka-2, kafka-3. */
type NodePorts = readonly [number, number, number];

/** Every TCP port that the sandbox listens on, all of them on 127.0.0.1. */
export interface Ports {
  /** For clients: what KAFKA_BROKERS names. */
  external: NodePorts;
  /** For replication between the brokers. */
  internal: NodePorts;
  /** For the controllers' quorum. */
  controller: NodePorts;
  postgres: number;
  registry: number;
  /** The registry's health and metrics. */
  registryManagement: number;
  services: Readonly<Record<ServiceDeclaration['name'], number>>;
}

/** The addresses that the documentation names; the same ones that Docker publishes. */
export const defaultPorts: Ports = {
  external: [19092, 19093, 19094],
  internal: [19192, 19193, 19194],
  controller: [19292, 19293, 19294],
  postgres: 15432,
  registry: 8081,
  registryManagement: 8082,
  services: servicePorts((service) => service.port),
};

/** A port with what it is for, in words for a message: "kafka-1's clients". */
export interface PortUse {
  port: number;
  use: string;
}

/** Ports of the infrastructure alone: what startInfrastructure listens on. */
export function infrastructurePorts(ports: Ports): PortUse[] {
  const ofNodes = (nodePorts: NodePorts, use: string) =>
    nodePorts.map((port, index) => ({ port, use: `kafka-${index + 1} (${use})` }));
  return [
    ...ofNodes(ports.external, 'clients'),
    ...ofNodes(ports.internal, 'replication'),
    ...ofNodes(ports.controller, 'controller'),
    { port: ports.postgres, use: 'PostgreSQL' },
    { port: ports.registry, use: 'the schema registry' },
    { port: ports.registryManagement, use: "the schema registry's health" },
  ];
}

/** Everything the whole system listens on. */
export function systemPorts(ports: Ports): PortUse[] {
  return [
    ...infrastructurePorts(ports),
    ...services.map(({ name }) => ({ port: ports.services[name], use: `the ${name} service` })),
  ];
}

/** What one process listens on, with what for. */
export const usesOf = (ports: Ports, ...own: (number | undefined)[]): PortUse[] =>
  systemPorts(ports).filter(({ port }) => own.includes(port));

// Below the ranges from which systems take ports for outgoing connections (32768 and up on Linux, 49152 and up
// elsewhere): a port that listen(0) finds there may be gone again before a JVM has come up to take it.
const lowest = 20_000;
const highest = 30_000;

/** Ports that stand together, enough for one system. The first one is listened on by whoever was given the others. */
const BLOCK = 64;

/**
 * Ports that nobody listens on now: for a test run beside others. As long as this process lives nobody else is given them, also before
 * anything listens on them.
 */
export async function freePorts(): Promise<Ports> {
  for (let attempt = 0; attempt < 1000; attempt++) {
    const first = lowest + BLOCK * randomInt(Math.floor((highest - lowest) / BLOCK));
    const lease = await listen(first);
    if (!lease) continue;
    const others = Array.from({ length: BLOCK - 1 }, (_, index) => first + 1 + index);
    if ((await Promise.all(others.map(isFree))).every(Boolean)) {
      lease.unref();
      return portsOf(others);
    }
    lease.close();
  }
  throw new Error(`Found no ${BLOCK} ports together that are free between ${lowest} and ${highest}.`);
}

function portsOf(block: readonly number[]): Ports {
  const next = block.values();
  const one = (): number => {
    const { value } = next.next();
    if (value === undefined) throw new Error(`A system has more than ${block.length} ports.`);
    return value;
  };
  const three = (): NodePorts => [one(), one(), one()];
  return {
    external: three(),
    internal: three(),
    controller: three(),
    postgres: one(),
    registry: one(),
    registryManagement: one(),
    services: servicePorts(one),
  };
}

/** Whether we could listen on this port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
  const server = await listen(port);
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  return server !== undefined;
}

function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(undefined));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => resolve(server));
  });
}

function servicePorts(portOf: (service: ServiceDeclaration) => number): Ports['services'] {
  return Object.fromEntries(services.map((s) => [s.name, portOf(s)])) as Ports['services'];
}
