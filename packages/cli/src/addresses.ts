import { connect } from 'node:net';
import { defaultPorts, type Ports, type ServiceDeclaration, services, superuserUrl } from '@brew/sandbox';

/** Where everything is. */
export interface Addresses {
  /** Bootstrap addresses of Kafka, host:port. */
  brokers: string[];
  registryUrl: string;
  /** The services' base addresses. */
  services: Record<ServiceDeclaration['name'], string>;
  /** A connection string for a database, of PostgreSQL's superuser. */
  databaseUrl(name: string): string;
}

export function addressesOf(ports: Ports = defaultPorts): Addresses {
  return {
    brokers: ports.external.map((port) => `localhost:${port}`),
    registryUrl: `http://localhost:${ports.registry}/apis/ccompat/v7`,
    services: Object.fromEntries(
      servicesOf(ports).map(({ name }) => [name, `http://localhost:${ports.services[name]}`]),
    ) as Addresses['services'],
    databaseUrl(name) {
      const url = new URL(superuserUrl(ports, process.env.POSTGRES_PASSWORD));
      url.pathname = `/${name}`;
      return url.href;
    },
  };
}

/** The services that a system has: one that was made after its start comes with the next one. */
export const servicesOf = (ports: Ports): ServiceDeclaration[] =>
  services.filter(({ name }) => name in ports.services);

/** Whether any broker answers there, whoever started it. */
export async function anyBrokerAnswers({ brokers }: { brokers: readonly string[] }): Promise<boolean> {
  return (await Promise.all(brokers.map(answers))).includes(true);
}

/** Whether somebody listens at an address, `host:port`. */
export function answers(address: string): Promise<boolean> {
  const { hostname: host, port } = new URL(`tcp://${address}`);
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port), timeout: 2_000 });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
}
