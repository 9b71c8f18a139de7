import { join } from 'node:path';
import type { ServiceDeclaration } from '@brew/provision';
import { root } from './paths.ts';
import { usesOf } from './ports.ts';
import type { ProcessSpec } from './processes/supervisor.ts';
import { type SystemSettings, serviceEnv } from './serviceEnv.ts';
import type { Session } from './session.ts';

/** How Node runs our own processes. */
export const serviceFlags = [
  // V8 would rather take memory than collect it; these bounds are far above what a service uses.
  '--max-old-space-size=192',
  // With so low a bound it would mark the whole heap for every 20 MB that come in from Kafka: now for every 50.
  '--heap-growing-percent=100',
  '--min-semi-space-size=16',
  '--max-semi-space-size=16',
];

/** How to run one of our own processes. */
export const serviceSpec = (
  service: ServiceDeclaration,
  session: Pick<Session, 'ports' | 'cacheDir'>,
  settings: SystemSettings,
): ProcessSpec => ({
  name: service.name,
  command: process.execPath,
  args: [...serviceFlags, 'src/main.ts'],
  cwd: join(root, service.folder),
  env: serviceEnv(service, session, settings),
  ports: usesOf(session.ports, session.ports.services[service.name]),
  ...(service.name !== 'simulator' && {
    by: (library) => serviceSpec(service, session, { ...settings, library }),
  }),
});
