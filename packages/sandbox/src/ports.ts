import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
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

// Below the ranges from which systems take ports for outgoing connections (32768 and up on Linux, 49152 and up
// elsewhere): a port that listen(0) finds there may be gone again before a JVM has come up to take it.
const lowest = 20_000;
const highest = 30_000;

/** Ports that nobody listens on now, different in each call: for a test run beside others. */
export async function freePorts(): Promise<Ports> {
  const taken = new Set<number>();
  const next = async (): Promise<number> => {
    for (let attempt = 0; attempt < 1000; attempt++) {
      const port = randomInt(lowest, highest);
      if (taken.has(port)) continue;
      taken.add(port);
      if (await isFree(port)) return port;
    }
    throw new Error(`Found no free port between ${lowest} and ${highest}.`);
  };
  const three = async (): Promise<NodePorts> => [await next(), await next(), await next()];
  const ofServices = new Map<string, number>();
  for (const service of services) ofServices.set(service.name, await next());
  return {
    external: await three(),
    internal: await three(),
    controller: await three(),
    postgres: await next(),
    registry: await next(),
    registryManagement: await next(),
    services: servicePorts((service) => ofServices.get(service.name) ?? service.port),
  };
}

/** Whether we could listen on this port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function servicePorts(portOf: (service: ServiceDeclaration) => number): Ports['services'] {
  return Object.fromEntries(services.map((s) => [s.name, portOf(s)])) as Ports['services'];
}
