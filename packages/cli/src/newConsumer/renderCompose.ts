import { listFile, type ServiceEntry } from './serviceList.ts';

/** What compose includes, from the root of the checkout. */
export const composeFile = 'services/compose.yml';

const head = `# The consumers that \`npx brew new consumer\` made, as containers. Brew writes this file after the list of services,
# ${listFile}; what is changed here by hand is gone with the next consumer.
services:`;

/** The consumers of the list as compose runs them: as one of the services, and with a gateway that has their ports on the host. */
export function renderCompose(consumers: readonly ServiceEntry[]): string {
  if (consumers.length === 0) return `${head} {}\n`;
  return `${head}\n${[...consumers.map(container), gateway(consumers)].join('\n')}`;
}

const container = ({ name, folder, port, database }: ServiceEntry): string => `  ${name}:
    extends: { file: ../docker-compose.yml, service: courier }
    working_dir: /brew/${folder}
    environment:
      PORT: ${port}
      DATABASE_URL: postgresql://${database}:${database}@postgres:5432/${database}
`;

const gateway = (
  consumers: readonly ServiceEntry[],
): string => `  # Has their ports on the host, as the other gateway has those of the services.
  consumers:
    extends: { file: ../docker-compose.yml, service: gateway }
    environment:
      ROUTES: ${consumers.map(({ name, port }) => `${port}=${name}:${port}`).join(',')}
    ports: !override
${consumers.map(({ name, port }) => `      - "127.0.0.1:\${${portVariable(name)}:-${port}}:${port}"`).join('\n')}
    depends_on: !override
${consumers.map(({ name }) => `      ${name}: { condition: service_healthy }`).join('\n')}
    healthcheck:
      test:
        - CMD
        - node
        - -e
        - require('net').connect(${consumers[0]?.port}).on('connect', () => process.exit(0)).on('error', () => process.exit(1))
`;

/** What sets a service's port on the host: LOYALTY_PORT. */
const portVariable = (name: string): string => `${name.toUpperCase().replaceAll('-', '_')}_PORT`;
